"""The life of a case, from its first sighting over merges and splits to its end."""
