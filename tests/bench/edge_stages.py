"""Where the time of a pass goes: every stage of the vehicle's frame loop, from a real run.

    python -m tests.bench.edge_stages datasets/demo_drive/car_a.mp4
    python -m tests.bench.edge_stages datasets/demo_drive/car_a.mp4 --distance 3 --provider cpu --unread

Each stage is told in ms an analysed frame, by processor time of the thread that it runs in and by the clock, without
the stages inside it; what libraries' own threads took is told apart. Stages run beside one another and wait for one
another, so the clock's column adds up to more than the pass took.
"""

from __future__ import annotations

import argparse
import inspect
import os
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import edge.inspection.footage as results
import edge.reading as reading
import edge.sources.convert as convert
import edge.sources.video as video
import models.detector as detector
import models.privacy as privacy
import models.session as session
import pipeline.album as keep
import pipeline.inspect as story
import pipeline.negative as negative
import pipeline.sampling as sampling
import pipeline.timeline as timeline
import pipeline.tracking as tracking
import pipeline.verdict as verdict
from edge.assemble import Job, assemble
from edge.detectors import open_models
from models.providers import Provider
from pipeline.events import Looked

FACES: Final = "faces and plates"
STAGES: Final[tuple[tuple[str, Any, str], ...]] = (
    ("where the camera was", timeline.Timeline, "pose"),
    ("decode, in the loop's thread", video, "_decoded"),
    ("convert to BGR", convert.Converter, "bgr"),
    ("small grey picture", story, "small_grey"),
    ("quality", sampling.Sampler, "sight"),
    ("letterbox", detector.Detector, "prepare"),
    ("session", session.Session, "heads"),
    ("boxes from the head", detector.Detector, "read"),
    ("the image's own motion", story, "estimate"),
    ("track", tracking.Tracker, "step"),
    (FACES, privacy.PrivacyStep, "find"),
    ("fill", negative, "redact"),
    ("JPEG, close", keep, "close_view"),
    ("JPEG, wide", keep, "wide_view"),
    ("appearance", keep, "appearance"),
    ("open the reader", reading, "_open"),
    ("find the lines of an ad", reading._View, "searched"),
    ("read the lines of an ad", reading._View, "recognised"),
    ("read an ad, the rest", reading.PaddleReader, "_tried"),
    ("what all tracks say of the camera", verdict.Court, "put_right"),
    ("join", verdict.Court, "joined"),
    ("judge and locate", verdict.Court, "judge"),
    ("pictures to the disk", results, "write_evidence"),
    ("observations to the disk", results, "write_observations"),
)


EVERY: Final = 16
DECODER: Final = "av:"
"""How the names of the decoder's own threads begin."""


@dataclass(slots=True)
class Inside:
    """What the stages inside one took, in s."""

    name: str
    cpu_s: float = 0.0
    clock_s: float = 0.0


@dataclass(slots=True)
class Times:
    """Processor time and the clock's by stage, in s, each without the stages inside it. A stage that was asked for by
    the search for faces and plates stands by itself.
    """

    cpu_s: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    clock_s: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    calls: Counter[str] = field(default_factory=Counter)
    _stack: threading.local = field(default_factory=threading.local)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def within(self, name: str) -> Iterator[None]:
        """What runs inside, in this thread, is that stage's."""
        around: list[Inside] = self._stack.__dict__.setdefault("around", [])
        if any(one.name == FACES for one in around):
            name = f"{name}, for {FACES}"
        around.append(Inside(name))
        cpu_s, clock_s = time.thread_time(), time.perf_counter()
        try:
            yield
        finally:
            cpu_s, clock_s = time.thread_time() - cpu_s, time.perf_counter() - clock_s
            inside = around.pop()
            if around:
                around[-1].cpu_s += cpu_s
                around[-1].clock_s += clock_s
            with self._lock:
                self.cpu_s[name] += cpu_s - inside.cpu_s
                self.clock_s[name] += clock_s - inside.clock_s
                self.calls[name] += 1

    def watch(self, name: str, holder: Any, attribute: str) -> None:
        """Time a function, or every step of a generator, where it stands."""
        stage = getattr(holder, attribute)

        def called(*args: Any, **named: Any) -> Any:
            with self.within(name):
                return stage(*args, **named)

        def stepped(*args: Any, **named: Any) -> Iterator[Any]:
            steps = stage(*args, **named)
            while True:
                with self.within(name):
                    try:
                        step = next(steps)
                    except StopIteration:
                        return
                yield step

        setattr(holder, attribute, stepped if inspect.isgeneratorfunction(stage) else called)


def decoding_s() -> float:
    """Processor time so far of the decoder's threads that are alive."""
    ticks = 0
    for task in Path("/proc/self/task").iterdir():
        with suppress(OSError):  # it has ended meanwhile
            name, _, rest = (task / "stat").read_text("ascii").partition("(")[2].rpartition(")")
            if name.startswith(DECODER):
                ticks += sum(map(int, rest.split()[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def tell(times: Times, frames: int, whole_cpu_s: float, whole_clock_s: float, decoder_s: float) -> None:
    """Print the table, the dearest first."""
    ms = 1000.0 / frames
    print(f"{'ms an analysed frame':<40} {'processor':>9} {'share':>6} {'clock':>8} {'calls':>7}")
    for name, cpu_s in sorted(times.cpu_s.items(), key=lambda one: -one[1]):
        share, clock_s = cpu_s / whole_cpu_s, times.clock_s[name]
        print(f"{name:<40} {ms * cpu_s:9.2f} {share:6.1%} {ms * clock_s:8.2f} {times.calls[name]:7}")
    print(f"{'threads of the decoder':<40} {ms * decoder_s:9.2f} {decoder_s / whole_cpu_s:6.1%}")
    others_s = whole_cpu_s - sum(times.cpu_s.values()) - decoder_s
    print(f"{'threads of OpenVINO and OpenCV':<40} {ms * others_s:9.2f} {others_s / whole_cpu_s:6.1%}")
    print(f"{'the pass':<40} {ms * whole_cpu_s:9.2f} {1:6.1%} {ms * whole_clock_s:8.2f}")


def main() -> None:
    asks = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asks.add_argument("clip", type=Path)
    asks.add_argument("--provider", choices=["ladder", "cpu"], default="ladder")
    asks.add_argument("--distance", type=float, default=0.0, help="metres between two looks; 0 analyses every frame")
    asks.add_argument("--unread", action="store_true", help="as on a vehicle that reads no numbers on ads")
    told = asks.parse_args()
    models = open_models(provider=Provider.CPU if told.provider == "cpu" else None)
    if told.unread:
        models = replace(models, reader=None)
    assembled = assemble(Job(told.clip, distance_m=told.distance), models)
    models.street.detect(next(iter(assembled.source.shots())).frame().image)  # type: ignore[union-attr]
    times, most_s = Times(), 0.0
    for stage in STAGES:
        times.watch(*stage)

    def seen(look: Looked) -> None:
        nonlocal most_s
        if look.index % EVERY == 0:
            most_s = max(most_s, decoding_s())  # before the decoder closes its threads

    before_s, began_s, cpu_s = decoding_s(), time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory() as folder, times.within("the loop itself, waits included"):
        summary = results.inspect_into(assembled, Path(folder) / "found", False, seen)
    whole_cpu_s, whole_clock_s = time.process_time() - cpu_s, time.perf_counter() - began_s
    frames = summary["frames"]
    print(f"{told.clip.name}: {frames['seen']} frames, {frames['analysed']} analysed; load {os.getloadavg()[0]:.1f}")
    tell(times, max(1, frames["analysed"]), whole_cpu_s, whole_clock_s, most_s - before_s)


if __name__ == "__main__":
    main()
