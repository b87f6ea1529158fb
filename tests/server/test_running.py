"""What a process does before it answers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

COUNTED = """
import gc
from server.running import spare_what_stays
before = len(gc.get_objects())
spare_what_stays()
print(before, len(gc.get_objects()))
"""


def test_what_a_process_has_loaded_is_no_longer_looked_through_for_garbage(root: Path) -> None:
    told = subprocess.run([sys.executable, "-c", COUNTED], cwd=root, check=True, capture_output=True, text=True)
    before, after = map(int, told.stdout.split())
    assert before > 50_000
    assert after < before / 50
