"""What waits for the server, in one SQLite file that survives a power cut, and what goes when the disk fills."""
