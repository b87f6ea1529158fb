"""How the server's processes log: what happened and, of an exception, its plain traceback.

structlog is set where its loggers come from, so that no process can log otherwise. Left to itself it prints the local
variables of every frame where `rich` is installed, among them the object store's keys and telephone numbers.
"""

from __future__ import annotations

from typing import Any

import structlog
from structlog.dev import ConsoleRenderer, plain_traceback

structlog.configure(
    processors=[
        *structlog.get_config()["processors"][:-1],
        # As literals, since others wrote some of the values: no line break or control character gets into a log.
        ConsoleRenderer(colors=False, exception_formatter=plain_traceback, repr_native_str=True),
    ]
)


def log_of(module: str) -> Any:
    """The logger of a module."""
    return structlog.get_logger(module)
