"""What others wrote, as a terminal may be shown it."""

from __future__ import annotations


def shown(text: str) -> str:
    """The text with U+FFFD for all that is not printable: line breaks, controls and escapes, marks that turn lines."""
    return "".join(one if one.isprintable() else "\ufffd" for one in text)
