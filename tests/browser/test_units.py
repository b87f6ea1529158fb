"""The console's own unit tests, run by the tool that builds it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest


def test_the_consoles_pure_cores_pass_their_tests(root: Path) -> None:
    console = root / "server" / "console"
    node = shutil.which("node")
    runner = console / "node_modules" / "vitest" / "vitest.mjs"
    if node is None or not runner.is_file():
        pytest.skip("the console is not installed: run `make console` first")
    ran = subprocess.run([node, str(runner), "run"], cwd=console, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
