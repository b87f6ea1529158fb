"""The association engine beside simple matching and fixed radii, on the district of ../shared/association_bench.

The simulator and the score are run as given, from their place. A fixed radius joins a detection to the nearest open
case of its class within R metres (running mean of the places; a case that was not seen for 1.5 h is closed, which
serves these rules best) and opens a new one otherwise.

    make bench-association
    python -m tests.bench.association --scenes base dense --seeds 1 2 --hours 6
    python -m tests.bench.association --scenes shuffled --radii --order
"""

from __future__ import annotations

import argparse
import json
import math
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
BENCH = ROOT.parent / "shared" / "association_bench"
RADII_M = (10, 25, 50)
UNSEEN_S = 1.5 * 3600
M_PER_LAT = 111_320.0
FIGURES = ("b3f", "b3p", "b3r", "exact", "dup_per", "swallowed", "sticky_dup", "stale_h", "early", "pos_m")
"""Of the given metrics; sticky_dup: orders per permanent look-alike, stale_h: hours an order outlives its problem."""

SCENES: dict[str, list[str]] = {
    "base": [],
    "dense": ["--density", "24", "--hot", "14"],
    "canyon": ["--gps", "6", "9", "--canyon", ".4", "--canyon_sigma", "12"],
    "strong": ["--embed", ".6", "--embnoise", ".6", "--view", ".5"],
    "plate": ["--embed", ".8", "--embnoise", ".3", "--view", ".2"],
    "weak": ["--embed", ".2", "--embnoise", "3", "--view", "1"],
    "late": ["--late", ".1", "--dup", ".05"],
    "revisit60": ["--revisit", "60"],
    "revisit15": ["--revisit", "15"],
    "sharp": ["--gps", "1", "2", "--canyon", "0"],
    "rough": ["--gps", "8", "12"],
    "sparse": ["--density", "2", "--hot", "2"],
    "packed": ["--density", "40", "--hot", "24"],
    "lookalikes": ["--sticky", "6"],
    "false": ["--fp", ".03"],
    "hidden": ["--occlusion", ".35"],
    "skipped": ["--missed", ".4"],
    "drones": ["--drones", "12", "--missed", ".5"],
    "cars": ["--drones", "0"],
    "blind": [],
    "widths": [],
    "shuffled": [],
}
AT_ONCE = ("rough", "lookalikes", "false", "hidden", "skipped")
SCENES["hard"] = [option for name in AT_ONCE for option in SCENES[name]] + ["--embnoise", "2"]
"""Arguments of the simulator by scene, from `sharp` on beyond what the bench names; `blind` is the base scene with all
appearance taken away, `widths` the base scene with the vectors of every fourth car cut to half their width, `shuffled`
the base scene with each traverse arriving up to an hour late, so that their order is nearly random."""


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a file of lines."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def write(path: Path, objects: Iterator[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8") as lines:
        lines.writelines(json.dumps(one, separators=(",", ":")) + "\n" for one in objects)


def simulate(scene: str, seed: int, hours: float, out: Path) -> None:
    """Write one scene."""
    command = [sys.executable, str(BENCH / "sim.py"), "--out", str(out), "--seed", str(seed), "--hours", str(hours)]
    subprocess.run([*command, *SCENES[scene]], check=True, capture_output=True)
    if scene == "blind":
        seen = list(rows(out / "detections.jsonl"))
        write(out / "detections.jsonl", ({**one, "emb": []} for one in seen))
    if scene == "widths":
        seen = list(rows(out / "detections.jsonl"))
        write(out / "detections.jsonl", ({**one, "emb": _cut(one["emb"], one["vehicle"])} for one in seen))
    if scene == "shuffled":
        rng = random.Random(seed)
        late_s: dict[str, float] = defaultdict(lambda: rng.uniform(0.0, 3600.0))
        for name in ("frames.jsonl", "detections.jsonl"):
            lines = list(rows(out / name))
            write(out / name, ({**one, "arrival_t": one["arrival_t"] + late_s[one["trav"]]} for one in lines))


def _cut(vector: list[float], vehicle: str) -> list[float]:
    """The vector as another model would make it, where the vehicle is one of every fourth car."""
    return vector[: len(vector) // 2] if vehicle in {"car00", "car04", "car08"} else vector


def score(scene: Path, answer: Path) -> dict[str, Any]:
    """The given metrics of an answer."""
    command = [sys.executable, str(BENCH / "metrics.py"), str(scene), str(answer)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def one_frame(scene: Path, answer: Path) -> int:
    """Pairs of detections of one class that one frame shows and the answer calls one: there must be none."""
    case_of = {row["id"]: row["case_id"] for row in rows(answer / "assignments.jsonl")}
    shown: dict[tuple[str, str], set[str]] = defaultdict(set)
    for seen in rows(scene / "detections.jsonl"):
        shown[(seen["frame_id"], seen["cls"])].add(seen["id"])
    cases = [[case_of[name] for name in names if name in case_of] for names in shown.values()]
    return sum(len(names) - len(set(names)) for names in cases)


def agreement(one: Path, other: Path) -> float:
    """B³ F1 between two answers: 1 where they group the detections alike, whatever the cases are called."""
    first, second = (
        {row["id"]: row["case_id"] for row in rows(answer / "assignments.jsonl")} for answer in (one, other)
    )
    shared = sorted(first.keys() & second.keys())
    both = Counter((first[name], second[name]) for name in shared)
    mine, its = Counter(first[name] for name in shared), Counter(second[name] for name in shared)
    precision = sum(count * count / its[pair[1]] for pair, count in both.items()) / len(shared)
    recall = sum(count * count / mine[pair[0]] for pair, count in both.items()) / len(shared)
    return 2.0 * precision * recall / (precision + recall)


def associated(scene: Path, out: Path, method: str = "joint") -> float:
    """Run `steward server associate`, reading and writing included; seconds of CPU time it took."""
    began = child_cpu_s()
    command = [sys.executable, "-m", "steward", "server", "associate", "--method", method, "--out", str(out)]
    command += ["--frames", str(scene / "frames.jsonl"), "--detections", str(scene / "detections.jsonl")]
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
    return child_cpu_s() - began


def child_cpu_s() -> float:
    """CPU time of all child processes so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def fixed_radius(scene: Path, out: Path, radius_m: float) -> float:
    """Join each detection to the nearest open case of its class within a radius; seconds of CPU time it took."""
    began = time.process_time()
    cases: list[dict[str, Any]] = []
    cells: dict[tuple[str, int, int], list[int]] = defaultdict(list)
    links: dict[str, int] = {}
    for seen in rows(scene / "detections.jsonl"):
        if seen["id"] in links:
            continue
        north, east = seen["lat"] * M_PER_LAT, seen["lon"] * M_PER_LAT * math.cos(math.radians(seen["lat"]))
        row, column = math.floor(north / radius_m), math.floor(east / radius_m)
        near = [
            index
            for a in (-1, 0, 1)
            for b in (-1, 0, 1)
            for index in cells[(seen["cls"], row + a, column + b)]
            if seen["t"] - cases[index]["last"] < UNSEEN_S
        ]
        best = min(near, key=lambda k: math.hypot(cases[k]["n"] - north, cases[k]["e"] - east), default=None)
        if best is not None and math.hypot(cases[best]["n"] - north, cases[best]["e"] - east) <= radius_m:
            case = cases[best]
            case["count"] += 1
            case["n"] += (north - case["n"]) / case["count"]
            case["e"] += (east - case["e"]) / case["count"]
            case["last"] = max(case["last"], seen["t"])
            links[seen["id"]] = best
            continue
        links[seen["id"]] = len(cases)
        cells[(seen["cls"], row, column)].append(len(cases))
        cases.append({"cls": seen["cls"], "n": north, "e": east, "count": 1, "first": seen["t"], "last": seen["t"]})
    out.mkdir(parents=True, exist_ok=True)
    end = max(case["last"] for case in cases)
    write(out / "assignments.jsonl", ({"id": key, "case_id": f"r{index}"} for key, index in links.items()))
    write(out / "cases.jsonl", (_radius_row(index, case, end) for index, case in enumerate(cases)))
    return time.process_time() - began


def _radius_row(index: int, case: dict[str, Any], end: float) -> dict[str, Any]:
    lat = case["n"] / M_PER_LAT
    return {
        "case_id": f"r{index}",
        "cls": case["cls"],
        "lat": lat,
        "lon": case["e"] / M_PER_LAT / math.cos(math.radians(lat)),
        "opened_t": case["first"],
        "closed_t": case["last"] + UNSEEN_S if case["last"] + UNSEEN_S < end else None,
        "merged_into": None,
        "issued": case["count"] >= 2,
    }


def line(name: str, scene: Path, answer: Path, figures: dict[str, Any], cpu_s: float) -> str:
    """One row of the table."""
    told = " | ".join(f"{figures[key]:.3f}" for key in FIGURES)
    count = sum(1 for _ in rows(answer / "assignments.jsonl"))
    return f"| {name} | {told} | {one_frame(scene, answer)} | {cpu_s:.0f} | {count / cpu_s:.0f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", nargs="+", choices=sorted(SCENES), default=["base"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[1])
    parser.add_argument("--hours", type=float, default=6.0, help="simulated hours (the figures of the bench: 24)")
    parser.add_argument("--radii", nargs="*", type=float, default=RADII_M, help="metres; none leaves them away")
    parser.add_argument("--order", action="store_true", help="also: is the answer that of the base scene, in order?")
    parser.add_argument("--by-class", action="store_true", help="also the engine's figures per class")
    chosen = parser.parse_args()
    if not BENCH.is_dir():
        raise SystemExit("bench-association: ../shared/association_bench is not here; nothing was measured")
    print("| scene, seed, method | " + " | ".join(FIGURES) + " | one frame | CPU s | detections per CPU s |")
    print("|---|" + "---|" * (len(FIGURES) + 3))
    with tempfile.TemporaryDirectory() as folder:
        for scene in chosen.scenes:
            for seed in chosen.seeds:
                place, answer = Path(folder) / f"{scene}{seed}", Path(folder) / "answer"
                simulate(scene, seed, chosen.hours, place)
                for radius_m in chosen.radii:
                    took_s = fixed_radius(place, answer, radius_m)
                    name = f"{scene} {seed}, radius {radius_m:g} m"
                    print(line(name, place, answer, score(place, answer), took_s), flush=True)
                for method, name in (("simple", "simple matching"), ("joint", "**engine**")):
                    took_s = associated(place, answer, method)
                    figures = score(place, answer)
                    print(line(f"{scene} {seed}, {name}", place, answer, figures, took_s), flush=True)
                if chosen.order:
                    simulate("base", seed, chosen.hours, Path(folder) / "in_order")
                    associated(Path(folder) / "in_order", Path(folder) / "answer_in_order")
                    alike = agreement(answer, Path(folder) / "answer_in_order")
                    print(f"  B³ F1 between this answer and that of the base scene: {alike:.4f}", file=sys.stderr)
                if chosen.by_class:
                    for name, part in figures["cls"].items():
                        told = " ".join(f"{key} {value:.3f}" for key, value in part.items())
                        print(f"  {name}: {told}", file=sys.stderr)


if __name__ == "__main__":
    main()
