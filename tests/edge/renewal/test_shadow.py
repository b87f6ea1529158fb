"""A challenger looks along and is counted; what it finds goes nowhere else."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.assemble import Job, assemble
from edge.care.vitals import Vitals
from edge.config import ShadowTable
from edge.detectors import open_models
from edge.renewal.running_models import RunningModels
from edge.renewal.shadow import REPORT, Match, Shadow, matched
from models.errors import ModelError
from pipeline.detections import Detections
from pipeline.events import Finished
from pipeline.inspect import inspect
from tests.edge.footage import write_gpx, write_video
from tests.edge.modelshop import write_street
from tests.models.tiny import write_tiny


def boxes(*rows: tuple[float, float, int]) -> Detections:
    """10 px boxes at x, y with a label."""
    xyxy = np.array([(x, y, x + 10, y + 10) for x, y, _ in rows], np.float32).reshape(-1, 4)
    labels = np.array([label for *_, label in rows], np.int16)
    return Detections(xyxy, np.full(len(rows), 0.9, np.float32), labels, np.full(len(rows), -1, np.int32))


BOTH, ONE, OTHER = Match.BOTH, Match.CHAMPION_ONLY, Match.CHALLENGER_ONLY
MATCHES = [
    # champion                challenger      counts
    ([],                      [],             {}),
    ([(0, 0, 1)],             [(0, 0, 1)],    {(1, BOTH): 1}),
    ([(0, 0, 1)],             [(3, 0, 1)],    {(1, BOTH): 1}),
    ([(0, 0, 1)],             [(4, 0, 1)],    {(1, ONE): 1, (1, OTHER): 1}),
    ([(0, 0, 1)],             [(0, 0, 2)],    {(1, ONE): 1, (2, OTHER): 1}),
    ([(0, 0, 1), (0, 0, 1)],  [(0, 0, 1)],    {(1, BOTH): 1, (1, ONE): 1}),
]  # fmt: skip


@pytest.mark.parametrize(("champion", "challenger", "counts"), MATCHES)
def test_boxes_are_matched_by_label_and_overlap(champion, challenger, counts) -> None:  # type: ignore[no-untyped-def]
    assert dict(matched(boxes(*champion), boxes(*challenger))) == counts


some = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(0, 2)), max_size=8)


@given(some, some)
def test_every_box_is_counted_once(
    champion: list[tuple[int, int, int]], challenger: list[tuple[int, int, int]]
) -> None:
    counts = matched(boxes(*champion), boxes(*challenger))
    by = {match: sum(count for (_, one), count in counts.items() if one is match) for match in Match}
    assert by[Match.BOTH] + by[Match.CHAMPION_ONLY] == len(champion)
    assert by[Match.BOTH] + by[Match.CHALLENGER_ONLY] == len(challenger)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shadow")
    write_video(folder / "drive.mp4", 16)
    write_gpx(folder / "drive.gpx", 4)
    write_street(folder / "champion", "1")
    write_street(folder / "alike", "2", box_px=60)
    write_street(folder / "blind", "3", sees=False)
    write_street(folder / "broken", "4", box_px=math.inf)
    write_tiny(folder / "other", "street")
    return folder


class Run:
    """A drive with a challenger beside the champion."""

    def __init__(self, place: Path, challenger: str | None, state: Path, champion: str = "champion") -> None:
        models, self.vitals, self.said = open_models(place / champion), Vitals(), list[str]()
        running = RunningModels(models, self.vitals)
        shadow = None
        if challenger is not None:
            asked = ShadowTable(folder=place / challenger, share=1.0)
            shadow = Shadow(asked, models.street.card.labels, state, self.vitals, self.said.append, random.Random(1))
            running.tap = shadow.look
        assembled = assemble(Job(place / "drive.mp4", distance_m=0.0), models)
        tools = running.equipped(assembled.tools, models)
        story = inspect(assembled.source.shots(), tools, assembled.plan)
        self.traverses = [told.traverse for told in story if isinstance(told, Finished)]
        if shadow is not None:
            shadow.close()
            self.report = json.loads((state / REPORT).read_text("utf-8")) if (state / REPORT).exists() else {}


def test_a_challenger_that_finds_the_same_agrees_and_changes_no_observation(place: Path, tmp_path: Path) -> None:
    alone, watched = Run(place, None, tmp_path), Run(place, "alike", tmp_path)
    assert watched.traverses == alone.traverses
    assert watched.report["rivals"]["champion"] == "street 1"
    assert watched.report["rivals"]["challenger"] == "street 2"
    assert 1 <= watched.report["frames"] <= 16
    assert watched.report["boxes"]["litter"].keys() == {"both"}
    assert watched.vitals.pulse().shadow_frames == watched.report["frames"]


def test_what_only_the_champion_found_is_counted_as_such(place: Path, tmp_path: Path) -> None:
    assert Run(place, "blind", tmp_path).report["boxes"]["litter"].keys() == {"champion_only"}


def test_a_challenger_that_fails_is_left_alone_and_the_work_goes_on(place: Path, tmp_path: Path) -> None:
    run = Run(place, "broken", tmp_path)
    assert len(run.traverses) == 1
    assert len(run.said) == 1
    assert "street 4 failed and is left alone" in run.said[0]


def test_a_mistake_of_the_shadow_itself_is_told_and_ends_it(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mistaken(*_: object) -> None:
        raise ZeroDivisionError("nobody thought of this")

    monkeypatch.setattr("edge.renewal.shadow.matched", mistaken)
    run = Run(place, "alike", tmp_path)
    assert len(run.traverses) == 1
    [said] = run.said
    assert "street 2 failed and is left alone" in said
    assert "nobody thought of this" in said


def test_a_challenger_with_other_labels_is_refused(place: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be compared"):
        Run(place, "other", tmp_path)


def test_no_frame_is_shadowed_while_it_is_warm(place: Path, tmp_path: Path) -> None:
    vitals = Vitals()
    vitals.warmth("warm", 85.0)
    champion = open_models(place / "champion").street
    shadow = Shadow(ShadowTable(folder=place / "alike", share=1.0), champion.card.labels, tmp_path, vitals, print)
    shadow.look(np.zeros((48, 64, 3), np.uint8), Detections.none(), champion)
    shadow.close()
    assert vitals.pulse().shadow_frames == 0
    assert not (tmp_path / REPORT).exists()


def test_the_counts_go_on_over_a_restart_and_begin_anew_with_another_champion(place: Path, tmp_path: Path) -> None:
    first, again = Run(place, "alike", tmp_path).report, Run(place, "alike", tmp_path).report
    assert again["frames"] > first["frames"]
    assert again["since"] == first["since"]
    other = Run(place, "alike", tmp_path, champion="blind").report
    assert other["rivals"]["champion"] == "street 3"
    assert other["frames"] <= 16
    assert other["boxes"]["litter"].keys() == {"challenger_only"}


def test_a_damaged_report_is_begun_anew(place: Path, tmp_path: Path) -> None:
    (tmp_path / REPORT).write_text('{"frames": "many"', "utf-8")
    assert 1 <= Run(place, "alike", tmp_path).report["frames"] <= 16


def test_a_challenger_that_became_the_champion_no_longer_looks_along(place: Path, tmp_path: Path) -> None:
    run = Run(place, "champion", tmp_path)
    assert run.said == ["shadow: street 1 is the champion itself, so it no longer looks along"]
    assert run.report["frames"] == 0
