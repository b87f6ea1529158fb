"""How fast the street detector runs, and what that speed costs: six ways to run it, in one run, in turns.

    make bench-detector
    make bench-detector ARGS="--accuracy"      also AP50 on street_waste_val, each way
    python -m tests.bench.detector_speed --rounds 60 --threads 2

One frame of 640 x 384 a turn (A B C D E F A B ...) and the boxes of its best READ anchors, so that a machine whose
speed drifts is fair to all. The ratio is of float32 on onnxruntime's own CPU provider, the whole graph, to the way
itself, within each round: median, and the quarter below and above it, by the clock and by the CPU time that the process
used. On a machine that does other work believe the ratios and not the milliseconds. A way that this machine cannot run
is named with its reason. With ONEDNN_MAX_CPU_ISA=AVX2_VNNI in the environment OpenVINO runs as on a processor without
AMX.
"""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from models.card import Preprocessing, read_card
from models.detector import Detector
from models.errors import ModelError
from models.providers import Precision, Provider, has_bfloat16_tiles
from models.session import open_session
from models.store import SHIPPED, quickest, read_verified

ROOT = Path(__file__).resolve().parent.parent.parent
FRAME = ROOT / "datasets/demo_drive/car_a.mp4"
READ = 64
BOXES_APART = "the same, boxes apart"
WAYS = {
    "float32, CPU provider": (Provider.CPU, Precision.EXACT),
    BOXES_APART: (Provider.CPU, Precision.EXACT),
    "float32, OpenVINO": (Provider.OPENVINO, Precision.EXACT),
    "bfloat16, OpenVINO": (Provider.OPENVINO, Precision.FAST),
    "int8, CPU provider": (Provider.CPU, Precision.INT8),
    "int8, OpenVINO": (Provider.OPENVINO, Precision.INT8),
}
BASE = next(iter(WAYS))


@dataclass(slots=True)
class Way:
    """One way to run the detector, and how long each round took it, in seconds."""

    name: str
    detector: Detector
    clock_s: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)

    def turn(self, blob: NDArray[np.float32]) -> None:
        clock, cpu = time.perf_counter(), time.process_time()
        (head,) = self.detector.session.heads(blob)
        head.boxes(np.argpartition(head.scores.max(axis=0), -READ)[-READ:])
        self.clock_s.append(time.perf_counter() - clock)
        self.cpu_s.append(time.process_time() - cpu)


def opened(folder: Path, threads: int) -> list[Way]:
    """The ways that this machine can run; the others are named."""
    card_path = folder / "cards" / "street.toml"
    card = read_card(card_path)
    ways = []
    for name, (provider, precision) in WAYS.items():
        file = card.int8 if precision is Precision.INT8 else card
        if file is None:
            print(f"  {name:<24} not here: the card names no int8 twin")
            continue
        try:
            content = read_verified(folder / "weights" / file.weights, file.digest, card_path)
            session = open_session(
                content,
                file.weights,
                threads=threads,
                provider=provider,
                precision=precision,
                detects=name == BOXES_APART,
            )
        except ModelError as error:
            print(f"  {name:<24} not here: {error}")
        else:
            ways.append(Way(name, Detector(card, session)))
    return ways


def spread(of: list[float], base: list[float]) -> str:
    low, middle, high = np.percentile(np.array(base) / np.array(of), (25, 50, 75))
    return f"{middle:5.2f} ({low:.2f} to {high:.2f})"


def accuracy(detector: Detector, data: Path) -> str:
    """AP50 on street_waste_val at 512 x 512, as the card's figures are measured."""
    from training.recipe import read_recipe
    from training.twin import average_precisions, gate_exams
    from training.workshop import open_workshop

    recipe = read_recipe(ROOT / "datasets/street.toml")
    assert recipe.int8 is not None
    shop = open_workshop(recipe, ROOT / "datasets/sources.toml", data, ROOT / "runs/bench", None, lambda _: None)
    exam = next(iter(gate_exams(shop, recipe.int8)))
    square = detector.card.model_copy(update={"preprocessing": Preprocessing(width_px=512, height_px=512)})
    found = average_precisions(Detector(square, detector.session), exam)
    return ", ".join(f"{label} {value:.3f}" for label, value in found.items())


def main() -> None:
    asks = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asks.add_argument("--rounds", type=int, default=40)
    asks.add_argument("--threads", type=int, default=2)
    asks.add_argument(
        "--models", type=Path, default=SHIPPED, help="a folder with cards/ and weights/ instead of the shipped ones"
    )
    asks.add_argument("--accuracy", action="store_true", help="AP50 on street_waste_val beside each (minutes)")
    asks.add_argument("--data", type=Path, default=ROOT.parent / "shared/data")
    told = asks.parse_args()
    tiles = "with" if has_bfloat16_tiles() else "without"
    print(f"street at 640x384, {told.threads} threads of {os.cpu_count()} cores, {tiles} bfloat16 matrix instructions")
    print(f"load average {os.getloadavg()[0]:.1f} at the start; {told.rounds} rounds, in turns")
    if os.environ.get("ONEDNN_MAX_CPU_ISA"):
        print(f"OpenVINO is held to {os.environ['ONEDNN_MAX_CPU_ISA']}; onnxruntime's own provider is not")
    ways = opened(told.models, told.threads)
    blob = ways[0].detector.prepare(next(av.open(str(FRAME)).decode(video=0)).to_ndarray(format="bgr24")).blob
    for round_ in range(told.rounds + 3):
        for way in ways:
            way.turn(blob)
            if round_ < 3:  # warming up
                way.clock_s.clear()
                way.cpu_s.clear()
    base = next(way for way in ways if way.name == BASE)
    print(f"  {'':<24} {'times as fast as ' + BASE:<24} {'by CPU time':<24} CPU time")
    for way in ways:
        line = f"  {way.name:<24} {spread(way.clock_s, base.clock_s):<24} {spread(way.cpu_s, base.cpu_s):<24} "
        line += f"{1000 * float(np.median(way.cpu_s)):.0f} ms"
        print(line, flush=True)
        if told.accuracy:
            print(f"  {'':<24} AP50 on street_waste_val: {accuracy(way.detector, told.data)}", flush=True)
    if quickest(Provider.OPENVINO, has_twin=ways[0].detector.card.int8 is not None) is Precision.INT8:
        print("a vehicle with OpenVINO on this processor runs int8")
    else:
        print("a vehicle with OpenVINO on this processor runs bfloat16")


if __name__ == "__main__":
    main()
