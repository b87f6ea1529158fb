"""A pass of a live camera, told from its line: cut like a file's, and every frame counted."""

from __future__ import annotations

from collections.abc import Iterator

import av
import pytest

from edge.assemble import Assembled, Job, put_together
from edge.detectors import Models, open_models
from edge.sources.line import SECOND_NS, Line
from edge.sources.optics import read_optics
from edge.telemetry.fixes import Fixes, LivePoses
from edge.telemetry.positions import Positions
from pipeline.events import Finished, Looked
from pipeline.inspect import inspect
from pipeline.observation import ClockQuality, SourceKind
from pipeline.pose import Fix, FixQuality
from pipeline.reasons import Reason, Rejected
from pipeline.shots import LetGo, Lost, Shot
from tests.edge.footage import HEIGHT, LAT, LON, WIDTH, picture, write_models

BEGAN_NS = 1000 * SECOND_NS
UTC_NS = 1_772_366_400 * SECOND_NS


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    return open_models(write_models(tmp_path_factory.mktemp("pass") / "models"))


def assembled(line: Line, models: Models, fixes: Fixes) -> Assembled:
    optics = read_optics(None, WIDTH, HEIGHT, SourceKind.VEHICLE)
    poses = LivePoses(fixes, optics.mount, line.start_ns)
    positions = Positions(poses, poses.utc_ns, ClockQuality.GNSS, True, None, ())
    return put_together(Job(None, distance_m=0.0), models, line, "a pass", SourceKind.VEHICLE, optics, positions)


def drive(line: Line, fixes: Fixes, seconds: int, speed_mps: float, until_s: int) -> Iterator[Shot | Lost | LetGo]:
    """A frame and a fix a second, northwards; no fix from `until_s` on. Every tenth frame is damaged."""
    shots, frame = line.shots(), av.VideoFrame.from_ndarray(picture(0), format="bgr24")
    for second in range(seconds):
        at_ns = BEGAN_NS + second * SECOND_NS
        if second < until_s:
            lat = LAT + second * speed_mps / 110_852.0
            fixes.add(Fix(UTC_NS + second * SECOND_NS, lat, LON, 2.0, speed_mps=speed_mps), at_ns)
        if second % 10 == 9:
            line.lose(at_ns, Reason.DECODE_ERROR)
        else:
            line.put(at_ns, frame)
            while not isinstance(shot := next(shots), Shot):
                yield shot
            yield shot
    line.close("over")
    yield from shots


@pytest.mark.parametrize(("seconds", "speed_mps", "traverses"), [(130, 2.0, 3), (50, 20.0, 3)])
def test_a_live_pass_is_cut_after_60_s_or_400_m_and_every_frame_is_counted(
    seconds: int, speed_mps: float, traverses: int, models: Models
) -> None:
    fixes, line = Fixes(delay_ns=0), Line("front", WIDTH, HEIGHT, 1.0, BEGAN_NS)
    parts = assembled(line, models, fixes)
    told = list(inspect(drive(line, fixes, seconds, speed_mps, seconds), parts.tools, parts.plan))
    finished = [one.traverse for one in told if isinstance(one, Finished)]
    assert len(finished) == traverses
    assert len({one.id for one in finished}) == traverses
    assert sum(one.frames.seen for one in finished) == sum(isinstance(one, Looked) for one in told) == seconds
    lost = sum(dict(one.frames.quarantined).get(Reason.DECODE_ERROR, 0) for one in finished)
    assert lost == seconds // 10


def test_frames_after_the_last_fix_are_dead_reckoned_for_a_while_and_then_analysed_without_a_place(
    models: Models,
) -> None:
    fixes, line = Fixes(delay_ns=0), Line("front", WIDTH, HEIGHT, 1.0, BEGAN_NS)
    parts = assembled(line, models, fixes)
    told = list(inspect(drive(line, fixes, 40, 5.0, until_s=20), parts.tools, parts.plan))
    poses = parts.tools.poses
    assert poses is not None
    looked = [one for one in told if isinstance(one, Looked)]
    blind = [one for one in looked if isinstance(poses.pose(one.index, one.media_ns), Rejected)]
    assert min(one.index for one in blind) == 25
    assert {one.reason for one in blind} == {None, Reason.DECODE_ERROR}, "every tenth is damaged, none is skipped"
    pose = poses.pose(0, 22 * SECOND_NS)
    assert getattr(pose, "quality", None) is FixQuality.DEAD_RECKONED
