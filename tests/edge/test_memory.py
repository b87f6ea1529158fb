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

OPENED = """
import os
from edge.detectors import open_models
from edge.memory import trim
from tests.resident import held

models = open_models()
opened = held(os.getpid(), "VmRSS")
trim()
print((opened - held(os.getpid(), "VmRSS")) / 2**20)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_what_was_let_go_of_inside_is_given_back_to_the_system(root: Path) -> None:
    kept, back = (_held_mb(root, way) for way in ("nullcontext()", "given_back()"))
    assert back < 10.0
    assert back < kept


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_nothing_lies_about_of_what_opening_the_models_took(root: Path) -> None:
    assert _said_mb(root, OPENED) < 10.0


def _held_mb(root: Path, way: str) -> float:
    return _said_mb(root, HELD % way)


def _said_mb(root: Path, script: str) -> float:
    done = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True)
    return float(done.stdout)
