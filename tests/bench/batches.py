"""What a batch saves: processor time for the same pictures looked at one by one and several at once, in turn.

python -m tests.bench.batches --rounds 8
"""

from __future__ import annotations

import argparse
import time
from statistics import median

import numpy as np
from numpy.typing import NDArray

from edge.detectors import WEAK, open_models
from models.detector import Detector

SIZES = (1, 2, 4)
WIDTH, HEIGHT = 1280, 720


def spent_s(detector: Detector, pictures: list[NDArray[np.uint8]], size: int) -> float:
    """Processor time of all threads for all pictures, so many at once."""
    began_s = time.process_time()
    for first in range(0, len(pictures), size):
        detector.detect_all(pictures[first : first + size], WEAK)
    return time.process_time() - began_s


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=8)
    rounds = parser.parse_args().rounds
    detector, rng = open_models().street, np.random.default_rng(1)
    pictures = [rng.integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8) for _ in range(max(SIZES))]
    for size in SIZES:
        spent_s(detector, pictures, size)
    rows = [{size: spent_s(detector, pictures, size) for size in SIZES} for _ in range(rounds)]
    print(f"{detector.session.provider}, {WIDTH}×{HEIGHT}, {rounds} rounds in turn")
    for size in SIZES:
        each_ms = 1000 * median(row[size] for row in rows) / len(pictures)
        ratio = median(row[1] / row[size] for row in rows)
        print(f"{size} at once: {each_ms:.1f} ms of processor time a picture, {ratio:.2f} times as many as one by one")


if __name__ == "__main__":
    main()
