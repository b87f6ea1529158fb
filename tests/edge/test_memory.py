"""A rare piece of work leaves no memory behind that nobody uses."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from edge.memory import unwritten

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

CODE = """
import os
from edge.detectors import open_models
from edge.memory import let_go_of_code
from tests.resident import held

models = open_models()
opened = held(os.getpid(), "RssFile")
let_go_of_code()
print((opened - held(os.getpid(), "RssFile")) / 2**20)
"""

MAPPING = """\
7f10000{at}000-7f10000{at}800 {rights} 00311000 fe:00 5353562                    {path}
Size:                  2 kB
Rss:                   2 kB
Anonymous:             {written} kB
Swap:                  {swapped} kB
SwapPss:               0 kB
VmFlags: rd ex mr mw me
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_what_was_let_go_of_inside_is_given_back_to_the_system(root: Path) -> None:
    kept, back = (_held_mb(root, way) for way in ("nullcontext()", "given_back()"))
    assert back < 10.0
    assert back < kept


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_nothing_lies_about_of_what_opening_the_models_took(root: Path) -> None:
    assert _said_mb(root, OPENED) < 10.0


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_the_code_that_opened_the_models_is_let_go_of(root: Path) -> None:
    assert _said_mb(root, CODE) < 20.0


def test_of_a_library_only_that_is_let_go_of_which_its_file_has_too() -> None:
    library, rights = "/usr/lib/libone.so.1", ("r-xp", "r--p", "rw-p", "r-xs")
    mappings = [
        *((one, library, 0, 0) for one in rights),
        ("r--p", library, 4, 0),
        ("r--p", library, 0, 4),
        ("r-xp", "/usr/bin/python3", 0, 0),
        ("r--p", "", 0, 0),
    ]
    said = "".join(
        MAPPING.format(at=at, rights=right, path=path, written=written, swapped=swapped)
        for at, (right, path, written, swapped) in enumerate(mappings)
    )
    assert unwritten(said) == [(0x7F100000000, 0x800), (0x7F100001000, 0x800)]


def _held_mb(root: Path, way: str) -> float:
    return _said_mb(root, HELD % way)


def _said_mb(root: Path, script: str) -> float:
    done = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True)
    return float(done.stdout)
