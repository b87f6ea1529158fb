"""Pictures by content: where they are kept, how they are read, and the privacy step."""
