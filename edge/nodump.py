"""No crash dump: a core file of the worker would hold frames as the camera saw them, faces and all."""

from __future__ import annotations

import ctypes
import resource
import sys
from typing import Final

PR_SET_DUMPABLE: Final = 4


def forbid_dumps() -> bool:
    """From now on this process and its children leave no core file, also where the system pipes cores to a program, and
    other processes of this user cannot read its memory. False where the system knows no such switch."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if not sys.platform.startswith("linux"):
        return False
    return int(ctypes.CDLL(None, use_errno=True).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)) == 0
