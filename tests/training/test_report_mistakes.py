"""Every false alarm has a cause, and the worst mistakes are the surest and the largest."""

from __future__ import annotations

from tests.training.exam import sitting
from training.report.mistakes import Cause, Kind, causes, worst

HERE, BESIDE, NOWHERE = [0.0, 0.0, 20.0, 20.0], [10.0, 0.0, 30.0, 20.0], [60.0, 60.0, 80.0, 80.0]
OTHER, LARGE = [40.0, 40.0, 55.0, 55.0], [0.0, 0.0, 90.0, 90.0]


def test_each_false_alarm_has_the_first_cause_that_holds() -> None:
    bins = [([HERE, HERE, BESIDE, OTHER, NOWHERE], [0.9, 0.8, 0.7, 0.6, 0.55], [HERE])]
    sat = sitting({"bin": bins, "litter": [([], [], [OTHER])]})
    told = causes(sat, "bin", 0.5)
    assert dict(told.by_cause) == {Cause.DOUBLE: 1, Cause.LOOSE: 1, Cause.CONFUSED: 1, Cause.BACKGROUND: 1}
    assert told.misses == 0
    assert causes(sat, "litter", 0.5).misses == 1


def test_what_scores_below_the_operating_score_is_no_alarm_and_its_box_is_missed() -> None:
    sat = sitting({"bin": [([HERE, NOWHERE], [0.4, 0.3], [HERE])]})
    told = causes(sat, "bin", 0.5)
    assert sum(count for _, count in told.by_cause) == 0
    (miss,) = worst(sat, "bin", 0.5)
    assert (miss.kind, round(miss.score, 3)) == (Kind.MISS, 0.4)


def test_the_surest_alarms_and_the_largest_misses_come_first_one_a_picture() -> None:
    pictures = [
        ([NOWHERE, OTHER], [0.7, 0.95], [HERE, LARGE]),
        ([NOWHERE], [0.8], [HERE]),
        ([HERE], [0.9], [HERE]),
    ]
    told = worst(sitting({"bin": pictures}), "bin", 0.5)
    alarms = [round(one.score, 2) for one in told if one.kind is Kind.FALSE_ALARM]
    misses = [one.picture for one in told if one.kind is Kind.MISS]
    assert alarms == [0.95, 0.8]
    assert misses == ["p0.png", "p1.png"]


def test_a_confused_alarm_says_what_is_really_there() -> None:
    sat = sitting({"bin": [([OTHER], [0.9], [])], "litter": [([], [], [OTHER])]})
    (alarm,) = worst(sat, "bin", 0.5)
    assert (alarm.cause, alarm.really) == (Cause.CONFUSED, "litter")
