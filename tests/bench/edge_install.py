"""How large the vehicle's install is: a fresh environment with the base package alone, made as docs/edge.md says and
started twice, so that what Python compiles for a start is in it; measured by package. And how long a start then takes.

python -m tests.bench.edge_install --limit-mb 450
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
from collections import Counter
from importlib.metadata import distributions
from pathlib import Path

import cv2
import numpy as np

from tests.bench.running import ROOT, Ran, run

MB = 1_000_000
TOLD = 12
STARTS = 5
ALONE = ("env", "-u", "PYTHONPATH", "-u", "PYTHONDONTWRITEBYTECODE")
LEFT_OUT = (".git", ".venv*", "build", "*.egg-info", "node_modules", "runs", "tests")
CONFIG = """\
[device]
name = "bench"
kind = "vehicle"
state_dir = "state"
until_empty = true

[[source]]
path = "photo.jpg"
"""


def sizes(environment: Path) -> Counter[str]:
    """Bytes by package, and of what Python compiled; what no package lists stands under "other"."""
    (site,) = (environment / "lib").glob("python3*/site-packages")
    found: Counter[str] = Counter()
    for one in distributions(path=[str(site)]):
        for file in one.files or ():
            path = Path(str(one.locate_file(file)))
            if path.is_file():
                found[one.metadata["Name"]] += path.stat().st_size
    found["compiled Python"] = sum(path.stat().st_size for path in environment.rglob("*.pyc"))
    everything = sum(path.lstat().st_size for path in environment.rglob("*") if path.is_file())
    found["other"] = everything - found.total()
    return found


def documented(command: str) -> str:
    """The one line of docs/edge.md that begins so."""
    (line,) = (line for line in (ROOT / "docs/edge.md").read_text("utf-8").splitlines() if line.startswith(command))
    return line


def start(steward: Path, folder: Path) -> tuple[list[Ran], list[Ran]]:
    """Starts that find nothing compiled and may keep nothing, and others after a start as an installer makes it."""
    cv2.imwrite(str(folder / "photo.jpg"), np.full((480, 848, 3), 90, np.uint8))
    config = folder / "edge.toml"
    config.write_text(CONFIG, "utf-8")
    inspect = [steward, "edge", "inspect", folder / "photo.jpg", "--no-annotate", "--out"]
    bare = [run([*ALONE, "PYTHONDONTWRITEBYTECODE=1", *inspect, folder / f"bare{i}"]) for i in range(STARTS)]
    for command in ("doctor", "run"):
        run([*ALONE, steward, "edge", command, "--config", config])
    return bare, [run([*ALONE, *inspect, folder / f"out{i}"]) for i in range(STARTS)]


def tell(limit_mb: float) -> bool:
    """Install, start, print, and say whether it is within the limit."""
    with tempfile.TemporaryDirectory() as folder:
        environment, source = Path(folder) / "venv", Path(folder) / "source"
        shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(*LEFT_OUT))  # a build leaves files where it is made
        run([sys.executable, "-m", "venv", "--without-pip", environment])
        pip = [sys.executable, "-m", "pip", "--python", environment / "bin/python", "--disable-pip-version-check"]
        run([*ALONE, *pip, "install", "--no-compile", "--constraint", ROOT / "constraints.txt", source])
        run(["sh", "-euc", documented("find ").replace("/opt/steward", str(environment))])
        starts = start(environment / "bin/steward", Path(folder))
        found = sizes(environment)
    total_mb = found.total() / MB
    print(f"base install, started: {total_mb:.1f} MB, asked for: at most {limit_mb:.0f} MB")
    print("  " + ", ".join(f"{name} {size / MB:.0f}" for name, size in found.most_common(TOLD)))
    for what, ran in zip(("nothing compiled", "compiled by an earlier start"), starts, strict=True):
        seconds, cpu_s = (
            statistics.median(values) for values in ([one.seconds for one in ran], [one.cpu_s for one in ran])
        )
        print(f"start to a photo's observations, {what}: {seconds:.1f} s ({cpu_s:.1f} s of processor time)")
    return total_mb <= limit_mb


def main() -> None:
    asks = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asks.add_argument("--limit-mb", type=float, default=450.0)
    sys.exit(0 if tell(asks.parse_args().limit_mb) else 1)


if __name__ == "__main__":
    main()
