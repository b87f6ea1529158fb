"""People tell of a problem, and hear what became of it."""
