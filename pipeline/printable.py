"""Text that whoever reads it on a terminal sees as it is."""

from __future__ import annotations


def printable(text: str) -> str:
    """The text; raises ValueError where it holds line breaks, controls, escapes or marks that turn lines."""
    if not text.isprintable():
        raise ValueError("has letters that cannot be printed: line breaks, controls or the like")
    return text
