"""The models room's exceptions.

ModelError              anything wrong with a model; the message names the file and says what to do
"""


class ModelError(Exception):
    """A model or its card cannot be used."""
