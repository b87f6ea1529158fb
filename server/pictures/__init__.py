"""Pictures by content: how they come in, where they are kept, and whether all are there."""
