"""A city's setup file, and the home that is founded from it."""
