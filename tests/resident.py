"""What a process of this computer holds in memory."""

from __future__ import annotations

import re
from pathlib import Path


def held(pid: int, line: str) -> int:
    """Bytes: VmRSS, now, or VmHWM, at most. Raises OSError or ValueError where there is no such process any more."""
    [kib] = re.findall(rf"{line}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(kib) * 1024
