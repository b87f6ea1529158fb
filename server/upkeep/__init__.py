"""What keeps a home in order: what time alone does to cases, bytes that nobody will ask for, and pictures counted."""
