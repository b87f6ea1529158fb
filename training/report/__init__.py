"""What a model reaches, as one page for a person and one file for a machine; both tell the same figures."""
