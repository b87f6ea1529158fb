"""How large the vehicle's install is: a fresh environment with the base package alone, measured by package.

python -m tests.bench.edge_install --limit-mb 450
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from importlib.metadata import distributions
from pathlib import Path

from tests.bench.running import ROOT

MB = 1_000_000
TOLD = 12
LEFT_OUT = (".git", ".venv*", "build", "*.egg-info", "node_modules", "runs", "tests")


def sizes(environment: Path) -> Counter[str]:
    """Bytes by package; what no package lists stands under "other"."""
    (site,) = (environment / "lib").glob("python3*/site-packages")
    found: Counter[str] = Counter()
    for one in distributions(path=[str(site)]):
        for file in one.files or ():
            path = Path(str(one.locate_file(file)))
            if path.is_file():
                found[one.metadata["Name"]] += path.stat().st_size
    everything = sum(path.lstat().st_size for path in environment.rglob("*") if path.is_file())
    found["other"] = everything - found.total()
    return found


def tell(limit_mb: float) -> bool:
    """Install, print, and say whether it is within the limit."""
    with tempfile.TemporaryDirectory() as folder:
        environment, source = Path(folder) / "venv", Path(folder) / "source"
        shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(*LEFT_OUT))  # a build leaves files where it is made
        subprocess.run([sys.executable, "-m", "venv", environment], check=True)
        pip = [environment / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        done = subprocess.run([*pip, "--constraint", ROOT / "constraints.txt", source], capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"pip could not install the base package:\n{done.stderr}")
        found = sizes(environment)
    total_mb = found.total() / MB
    print(f"base install: {total_mb:.0f} MB, asked for: at most {limit_mb:.0f} MB")
    print("  " + ", ".join(f"{name} {size / MB:.0f}" for name, size in found.most_common(TOLD)))
    return total_mb <= limit_mb


def main() -> None:
    asks = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asks.add_argument("--limit-mb", type=float, default=450.0)
    sys.exit(0 if tell(asks.parse_args().limit_mb) else 1)


if __name__ == "__main__":
    main()
