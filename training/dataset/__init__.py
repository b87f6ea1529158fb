"""Data sets with an address: name, version and content digest; built from sources, split, checked, described."""
