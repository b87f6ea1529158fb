"""The demo's exception: its message is for the person at the terminal."""


class DemoError(Exception):
    """The demo cannot go on; the message says which part failed and where its log is."""
