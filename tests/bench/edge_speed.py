"""Frames per second of `steward edge inspect` beside ultralytics' `YOLO(onnx).track`, same clip, same weights, one run.

The two take turns (A B A B …) so that a machine whose speed drifts is fair to both. Each side's time runs from the
first frame asked for to the last result, without the interpreter's start and the model's load; the whole process is
told beside it. `steward edge inspect` is asked for every frame (`--distance 0`), and does more than the baseline in
that time: it locates, judges, redacts and writes evidence.

    make bench-edge
    python tests/bench/edge_speed.py --clip FILE --baseline-python .venv-train/bin/python
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
WEIGHTS = ROOT / "models" / "weights" / "street.onnx"

BASELINE = """
import json, sys, time
from ultralytics import YOLO
model = YOLO(sys.argv[1], task="detect")
results = model.track(source=sys.argv[2], imgsz={imgsz}, stream=True, verbose=False, device="cpu")
next(results)                      # loads the model, warms up and reads the first frame
began = time.perf_counter()
frames = sum(1 for _ in results)
print("RESULT " + json.dumps({{"frames": frames, "seconds": time.perf_counter() - began}}))
"""


def inspect(clip: Path, extra: list[str]) -> tuple[float, float]:
    """Frames per second inside, and over the whole process, of `steward edge inspect`."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "steward", "edge", "inspect", str(clip), "--out", f"{folder}/out", "--json"]
        began = time.perf_counter()
        done = subprocess.run([*command, *extra], cwd=ROOT, capture_output=True, text=True, check=False)
        whole_s = time.perf_counter() - began
    if done.returncode:
        raise SystemExit(f"steward edge inspect failed:\n{done.stderr}")
    summary = json.loads(done.stdout)
    return summary["frames"]["seen"] / summary["seconds"], summary["frames"]["seen"] / whole_s


def baseline(python: Path, clip: Path, imgsz: str) -> tuple[float, float]:
    """Frames per second inside, and over the whole process, of ultralytics."""
    environment = {**os.environ, "YOLO_OFFLINE": "true", "YOLO_AUTOINSTALL": "false"}
    began = time.perf_counter()
    done = subprocess.run(
        [str(python), "-c", BASELINE.format(imgsz=imgsz), str(WEIGHTS), str(clip)],
        cwd=tempfile.gettempdir(),
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    whole_s = time.perf_counter() - began
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    if not lines:
        raise SystemExit(f"the baseline failed:\n{done.stderr[-2000:]}")
    told = json.loads(lines[-1].removeprefix("RESULT "))
    return told["frames"] / told["seconds"], (told["frames"] + 1) / whole_s


def main() -> None:
    asks = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asks.add_argument("--clip", type=Path, default=ROOT.parent / "shared/data/footage/max-heromode.mp4")
    asks.add_argument("--baseline-python", type=Path, required=True, help="a Python that has ultralytics")
    asks.add_argument("--imgsz", default="(384, 640)", help="the baseline's imgsz, as Python: the same input")
    asks.add_argument("--runs", type=int, default=3)
    asks.add_argument("--inspect-args", default="--distance 0", help="further arguments of `steward edge inspect`")
    told = asks.parse_args()
    told.clip = told.clip.resolve()
    ours, theirs = [], []
    for _ in range(told.runs):
        ours.append(inspect(told.clip, told.inspect_args.split()))
        theirs.append(baseline(told.baseline_python, told.clip, told.imgsz))
        print(f"  steward {ours[-1][0]:6.1f}  ultralytics {theirs[-1][0]:6.1f} frames/s", flush=True)
    ratios = [a[0] / b[0] for a, b in zip(ours, theirs, strict=True)]
    print(f"{told.clip.name}, medians of {told.runs} paired runs, {os.cpu_count()} cores")
    for name, runs in (("steward edge inspect", ours), ("ultralytics YOLO(onnx).track", theirs)):
        inside, whole = (statistics.median(run[i] for run in runs) for i in (0, 1))
        print(f"  {name:<30} {inside:6.1f} frames/s   whole process {whole:6.1f} frames/s")
    print(f"  ratio {statistics.median(ratios):.2f} (min {min(ratios):.2f}, max {max(ratios):.2f})")


if __name__ == "__main__":
    main()
