"""Our side of the edge benchmark, each in a process of its own: the bare session, and footage to observations.

python -m tests.bench.edge_run bare CLIP at_a_time=2 --provider ladder
python -m tests.bench.edge_run inspect CLIP distance_m=3.0 telemetry=FILE --provider cpu
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from edge.assemble import Job, assemble
from edge.detectors import open_models
from edge.inspection.footage import inspect_into
from edge.sources.open import open_source
from edge.sources.video import Video
from models.card import read_card
from models.detector import Detector
from models.feeding import input_sizes
from models.privacy import PEOPLE_FLOOR
from models.providers import Precision, Provider
from models.session import Blob, Session, Usual, open_session
from models.store import SHIPPED
from pipeline.redact import DidNotRun, redact

DISTINCT = 48
"""Frames that the bare session is fed in turn: enough to be no cache's work, few enough to be held."""


@contextmanager
def timed(told: dict[str, Any]) -> Iterator[None]:
    began_s, cpu_s = time.perf_counter(), time.process_time()
    yield
    told["seconds"], told["cpu_s"] = time.perf_counter() - began_s, time.process_time() - cpu_s


def bare(clip: Path, provider: Provider | None, at_a_time: int) -> dict[str, Any]:
    """The session alone, on the whole graph as it is shipped, once for every frame of the clip, on input that lies
    ready; so many frames at a time, and of several one more waits where the session queues, as in a pass."""
    card = read_card(SHIPPED / "cards/street.toml")
    content = (SHIPPED / "weights" / card.weights).read_bytes()
    width_px, height_px = input_sizes(card.preprocessing)[1]
    usual = Usual((1, 3, height_px, width_px), lambda: content)
    session = open_session(
        content, "street", at_a_time=at_a_time, provider=provider, precision=Precision.FAST, usual=usual
    )
    street, source = Detector(card, session), open_source(clip)
    blobs = [street.prepare(shot.frame().image).blob for shot in islice(source.shots(), DISTINCT)]  # type: ignore[union-attr]
    session.run(blobs[0])
    told: dict[str, Any] = {"frames": source.n_frames}
    askers = at_a_time + (at_a_time > 1 and session.queues)
    with ThreadPoolExecutor(askers) as callers, timed(told):
        turns = [callers.submit(_every, session, blobs, first, askers, source.n_frames) for first in range(askers)]
        for turn in turns:
            turn.result()
    return told


def _every(session: Session, blobs: Sequence[Blob], first: int, step: int, frames: int) -> None:
    for place in range(first, frames, step):
        session.run(blobs[place % len(blobs)])


def inspect(clip: Path, provider: Provider | None, asked: dict[str, str]) -> dict[str, Any]:
    """From file to observations and their pictures on the disk."""
    models = open_models(provider=provider)
    if "unread" in asked:
        models = replace(models, reader=None)
    telemetry = Path(asked["telemetry"]) if "telemetry" in asked else None
    offset_s = 0.0 if telemetry is not None else None
    distance_m = float(asked.get("distance_m", 0.0))
    assembled = assemble(Job(clip, telemetry, distance_m=distance_m, clock_offset_s=offset_s), models)
    first = next(iter(assembled.source.shots())).frame().image  # type: ignore[union-attr]
    models.street.detect(first)
    told: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder, timed(told):
        summary = inspect_into(assembled, Path(folder) / "found", False, lambda _: None)
    told["frames"], told["analysed"] = summary["frames"]["seen"], summary["frames"]["analysed"]
    told["observations"] = summary["observations"]["total"]
    if isinstance(assembled.source, Video):
        told["footage_s"] = assembled.source.duration_ns / 1e9
    if "read" in asked and models.reader is not None:
        regions = models.find(first, models.street.detect(first, PEOPLE_FLOOR))
        assert not isinstance(regions, DidNotRun)
        models.read(redact(first, regions))
    return told


def main() -> None:
    asks = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asks.add_argument("what", choices=["bare", "inspect"])
    asks.add_argument("clip", type=Path)
    asks.add_argument("--provider", choices=["ladder", "cpu"], default="ladder")
    asks.add_argument("asked", nargs="*", help="distance_m=3.0 telemetry=FILE read=1 unread=1; at_a_time=2")
    told = asks.parse_args()
    provider = Provider.CPU if told.provider == "cpu" else None
    asked = dict(part.split("=", 1) for part in told.asked)
    if told.what == "bare":
        found = bare(told.clip, provider, int(asked.get("at_a_time", 1)))
    else:
        found = inspect(told.clip, provider, asked)
    print("RESULT " + json.dumps(found))


if __name__ == "__main__":
    main()
