"""Five minutes at a kerb: what is seen again and again from one place is told once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

from pipeline.inspect import inspect
from pipeline.observation import ClockQuality, SourceKind
from pipeline.pose import Pose
from pipeline.reasons import Reason, Rejected
from pipeline.sampling import ClarityRules, Sampler
from pipeline.shots import Shot
from pipeline.tools import Plan
from tests.pipeline.coloured import HEAPS, LITTER, SPEED_MPS, Privacy, Street, finished, tools_of

SECOND_NS = 1_000_000_000
ARRIVES, LEAVES = 4, 304


@dataclass(frozen=True)
class Stop(Street):
    """A car that drives for some seconds, stands for five minutes and drives on; one picture a second while it stands.

    Passers-by hide everything for 7 s in every 17, so that things are lost and found again.
    """

    def second(self, index: int) -> float:
        moving = ARRIVES * 10
        if index < moving:
            return index / 10
        stood = index - moving
        return ARRIVES + stood if stood < LEAVES - ARRIVES else LEAVES + (stood - (LEAVES - ARRIVES)) / 10

    def north_m(self, index: int) -> float:
        at_s = self.second(index)
        return SPEED_MPS * (min(at_s, ARRIVES) + max(0.0, at_s - LEAVES))

    def shots(self, first: int = 0) -> Iterator[Shot]:
        for index in range(first, self.frames):
            at_s = self.second(index)
            hidden = ARRIVES < at_s < LEAVES and at_s % 17 < 7
            shown = replace(self, things=()) if hidden else self
            yield Shot("stop", index, round(at_s * SECOND_NS), partial(shown.picture, index))

    def pose(self, index: int, media_ns: int) -> Pose | Rejected:
        pose = super().pose(index, media_ns)
        stands = ARRIVES < media_ns / SECOND_NS < LEAVES
        return replace(pose, speed_mps=0.0) if stands and isinstance(pose, Pose) else pose


def test_a_car_that_stands_for_five_minutes_tells_of_each_thing_once_at_most() -> None:
    street = Stop(tuple((east, north + 15.0) for east, north in HEAPS[:3]), frames=400)
    tools = tools_of(street, Privacy())
    rules = ClarityRules(least_bright=0.0, least_textured=0.0, most_blur=1.1)
    tools = replace(tools, sampler=Sampler(1.5, 1.0, rules))
    plan = Plan("car", SourceKind.VEHICLE, ClockQuality.GNSS, 70.0, 60.0, frozenset({LITTER}))
    told = finished(list(inspect(street.shots(), tools, plan)))
    assert len(told) >= 5
    seen = [one for each in told for one in each.traverse.observations]
    places = {round((one.lat or 0.0) * 1e5) for one in seen}
    assert 1 <= len(seen) <= 3
    assert len(places) == len(seen)
    rejected = sum((dict(each.rejected).get(Reason.TOLD_BEFORE, 0) for each in told), 0)
    joined = sum((dict(each.rejected).get(Reason.JOINED, 0) for each in told), 0)
    assert rejected + joined > 10
    frames = [each.traverse.frames for each in told]
    assert sum(one.seen for one in frames) == 400
