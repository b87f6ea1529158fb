"""A city's setup file, the city that it describes, and the home that is founded from it."""
