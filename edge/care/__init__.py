"""A running worker's health: what it knows of itself, what its window shows, and what it sheds when warm."""
