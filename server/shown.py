"""What others wrote, as a terminal may be shown it."""

from __future__ import annotations

import json
from typing import Any


def shown(text: str) -> str:
    """The text with U+FFFD for all that is not printable: line breaks, controls and escapes, marks that turn lines."""
    return "".join(one if one.isprintable() else "\ufffd" for one in text)


def shown_json(value: Any, indent: int | None = None) -> str:
    """A value as JSON that says the same to a program, with escapes for all that is not printable: ASCII's controls
    alone are what JSON itself escapes."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return "".join(one if one.isprintable() or one == "\n" else json.dumps(one)[1:-1] for one in text)
