"""A rare piece of work leaves no memory behind that nobody uses."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HELD = """
import numpy as np
from contextlib import nullcontext
from edge.memory import given_back

def resident_mb():
    return int(open("/proc/self/statm").read().split()[1]) * 4096 / 2**20

def work():
    parts = [np.ones(100_000, np.uint8) for _ in range(1000)]
    last = np.ones(100_000, np.uint8)  # above them all, so that the heap cannot simply shrink
    del parts
    return last

before_mb = resident_mb()
with %s:
    last = work()
print(resident_mb() - before_mb)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_what_was_let_go_of_inside_is_given_back_to_the_system(root: Path) -> None:
    kept, back = (_held_mb(root, way) for way in ("nullcontext()", "given_back()"))
    assert back < 10.0
    assert back < kept


def _held_mb(root: Path, way: str) -> float:
    done = subprocess.run([sys.executable, "-c", HELD % way], cwd=root, capture_output=True, text=True, check=True)
    return float(done.stdout)
