"""How the parts of a worker tell people what happened: one sentence at a time."""

from __future__ import annotations

from collections.abc import Callable

Say = Callable[[str], None]
