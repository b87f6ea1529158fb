"""Footage by the tree: every piece inspected once, by a process a core or by Ray, with the same result."""
