"""Footage that was cut off, rotted or never was any: said, its frames counted, and the sources beside it go on."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from edge.outbox.outbox import Outbox
from pipeline.reasons import Reason
from pipeline.wire import TraverseWire, from_wire
from tests.edge.footage import FRAMES, rotten, write_gpx, write_models, write_video
from tests.edge.loopback import City, serving
from tests.edge.running import Running, check_whole, write_config

SECONDS = 70
BROKEN = ("empty.mp4", "noise.mp4", "headless.mp4", "cut.mp4", "rotten.mp4")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A good drive, and what is left of others of the same length after five accidents."""
    folder, rng = tmp_path_factory.mktemp("accidents"), random.Random(3)
    write_models(folder / "models")
    # The index at the front, so that what follows can be cut or rot and the file still opens.
    write_video(folder / "good.mp4", SECONDS, 1, {"movflags": "faststart"}, again_after=FRAMES)
    whole = (folder / "good.mp4").read_bytes()
    pictures = whole.index(b"mdat") + 4
    for name, content in zip(
        BROKEN,
        (b"", rng.randbytes(200_000), whole[pictures:], whole[: (pictures + len(whole)) // 2], rotten(whole, rng, 400)),
        strict=True,
    ):
        (folder / name).write_bytes(content)
    for name in ("good", *(Path(one).stem for one in BROKEN)):
        write_gpx(folder / f"{name}.gpx", SECONDS)
    return folder


def test_five_accidents_cost_their_own_frames_and_nobody_elses(place: Path, root: Path, tmp_path: Path) -> None:
    city = City()
    with serving(city) as url:
        run = Running(write_config(place, tmp_path, url, sources=(*BROKEN, "good.mp4")), root)
        assert run.end() == 2, run.said
    assert "Traceback" not in run.said
    assert "steward: 4 source(s) failed" in run.said
    for name in BROKEN[:4]:
        assert f"/{name}" in run.said
    check_whole(city)
    bodies = [TraverseWire.model_validate_json(body) for body in city.traverses.values()]
    # What rotted is quarantined frame by frame; from_wire refuses frames that are not all accounted for.
    frames = [from_wire(one).frames for one in bodies]
    damaged = [one for one in frames if dict(one.quarantined).get(Reason.DECODE_ERROR, 0)]
    assert sum(one.seen for one in damaged) == SECONDS
    assert sum(one.seen for one in frames) == 2 * SECONDS
    assert sum(one.analysed for one in frames if one not in damaged) == SECONDS
    outbox = Outbox.open(tmp_path / "state" / "outbox.sqlite3")
    assert outbox.counts().conserved
    outbox.close()
