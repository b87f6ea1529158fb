"""The rule book of what is a problem; a vehicle alone never is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.judge import Judged, Rules, judge
from pipeline.locate import locate
from pipeline.observation import Covariance, Located
from pipeline.reasons import Reason, Rejected
from pipeline.register import Part, Register
from pipeline.taxonomy import Taxonomy
from pipeline.track import Track
from pipeline.zones import ZoneMap
from tests.pipeline.sightings import CAMERA, ORIGIN, Noise, noisy_track_of, pose_at, track_of
from tests.pipeline.test_zones import feature, map_of

TAXONOMY = Taxonomy.parse((Path(__file__).parents[2] / "datasets" / "taxonomy.toml").read_text("utf-8"))
PAVEMENT = map_of(feature("west-pavement", "pavement", (-9, -50, -3, 100)))
CLOSED = map_of(feature("closed", "no_parking", (-9, -50, -3, 100)))
RULES = Rules(TAXONOMY, PAVEMENT)
DRIVE = [pose_at(0.0, 1.5 * step, sigma_m=0.3, angle_sigma_deg=0.5) for step in range(10)]


def seen(label: str, east: float, north: float, **more: object) -> tuple[Track, Located | None]:
    track = replace(track_of(label, DRIVE, east, north, **more), label=TAXONOMY.labels.index(label))  # type: ignore[arg-type]
    found = locate(track, label, CAMERA)
    return track, found if isinstance(found, Located) else None


def verdict(label: str, east: float, north: float, rules: Rules = RULES, **more: object) -> Judged | Rejected:
    track, located = seen(label, east, north, **more)
    return judge(track, located, CAMERA, rules)


@pytest.mark.parametrize(
    ("label", "category"),
    [
        ("litter", "litter"),
        ("illegal_ad", "illegal_ad"),
        ("overflowing_bin", "overflowing_bin"),
        ("car", "improper_parking"),
        ("truck", "improper_parking"),
        ("bus", "improper_parking"),
        ("motorcycle", "improper_parking_cycle"),
        ("bicycle", "improper_parking_cycle"),
    ],
)
def test_each_label_becomes_its_category(label: str, category: str) -> None:
    found = verdict(label, -6.0, 30.0, replace(RULES, zones=CLOSED))
    assert isinstance(found, Judged), found
    assert found.category == category


@pytest.mark.parametrize(("label", "may"), [("car", False), ("bus", False), ("bicycle", True), ("motorcycle", True)])
def test_a_cycle_may_stand_on_a_pavement_and_a_car_may_not(label: str, may: bool) -> None:
    assert (verdict(label, -6.0, 30.0) == Rejected(Reason.OUTSIDE_ZONE)) is may


@pytest.mark.parametrize("label", ["bin", "person"])
def test_a_bin_in_order_and_a_person_are_never_problems(label: str) -> None:
    assert verdict(label, -6.0, 30.0) == Rejected(Reason.NOT_A_PROBLEM)


def test_a_parked_car_says_what_where_and_how_long() -> None:
    found = verdict("car", -6.0, 30.0)
    assert isinstance(found, Judged)
    told = dict(found.attributes)
    assert told["vehicle_kind"] == "car"
    assert (told["zone_id"], told["zone_kind"]) == ("west-pavement", "pavement")
    assert told["dwell_s"] == pytest.approx(2.7)
    assert 0.9 < float(told["zone_probability"]) <= 1.0


def test_a_vehicle_outside_every_zone_is_no_violation() -> None:
    assert verdict("car", 4.0, 30.0) == Rejected(Reason.OUTSIDE_ZONE)
    assert verdict("car", -6.0, 30.0, replace(RULES, zones=ZoneMap.none())) == Rejected(Reason.OUTSIDE_ZONE)


def test_a_vehicle_in_a_bay_that_lies_in_a_zone_is_no_violation() -> None:
    bay = map_of(
        feature("west-pavement", "pavement", (-9, -50, -3, 100)), feature("bay", "parking_bay", (-9, 20, -3, 40))
    )
    assert verdict("car", -6.0, 30.0, replace(RULES, zones=bay)) == Rejected(Reason.OUTSIDE_ZONE)


def test_a_car_that_drives_through_a_zone_is_moving() -> None:
    assert verdict("car", -6.0, 30.0, velocity_mps=(0.0, 6.0)) == Rejected(Reason.MOVING)
    assert verdict("car", -6.0, 45.0, velocity_mps=(0.0, -8.0)) == Rejected(Reason.MOVING)


def test_under_noise_hardly_a_parked_car_counts_as_moving_and_no_driven_one_as_parked() -> None:
    rng = np.random.default_rng(4)
    everywhere = replace(RULES, zones=map_of(feature("all", "no_parking", (-500, -500, 500, 500))))
    still = moved = 0
    for _ in range(30):
        for velocity in ((0.0, 0.0), (0.0, 8.0)):
            track = noisy_track_of("car", DRIVE, -5.0, 25.0, Noise(), rng, velocity_mps=velocity)
            track = replace(track, label=TAXONOMY.labels.index("car"))
            located = locate(track, "car", CAMERA)
            found = judge(track, located if isinstance(located, Located) else None, CAMERA, everywhere)
            if velocity == (0.0, 0.0):
                still += isinstance(found, Judged)
            else:
                moved += isinstance(found, Judged)
    assert still >= 28
    assert moved <= 1


@pytest.mark.parametrize(("label", "was", "told"), [
    ("litter", None, True), ("litter", "person", False), ("litter", "bin", True), ("overflowing_bin", None, True),
])  # fmt: skip
def test_litter_that_was_followed_as_a_person_is_none(label: str, was: str | None, told: bool) -> None:
    track, located = seen(label, 3.0, 25.0)
    found = judge(replace(track, was=None if was is None else TAXONOMY.labels.index(was)), located, CAMERA, RULES)
    assert (found == Rejected(Reason.NOT_A_PROBLEM)) is not told


@pytest.mark.parametrize("label", ["litter", "overflowing_bin"])
def test_what_walks_is_no_heap_and_under_noise_hardly_a_heap_seems_to_walk(label: str) -> None:
    rng = np.random.default_rng(3)
    walked = stood = 0
    for _ in range(30):
        for velocity in ((0.0, 0.0), (1.4, 0.0)):
            east, north = float(rng.uniform(-5, 5)), float(rng.uniform(15, 20))
            track = noisy_track_of(label, DRIVE, east, north, Noise(), rng, velocity_mps=velocity)
            track = replace(track, label=TAXONOMY.labels.index(label))
            located = locate(track, label, CAMERA)
            if not isinstance(located, Located) or len(track.views) < RULES.min_hits:
                continue
            moves = judge(track, located, CAMERA, RULES) == Rejected(Reason.MOVING)
            walked, stood = walked + (moves and velocity[0] > 0), stood + (moves and velocity[0] == 0)
    assert walked >= 24
    assert stood == 0


def test_a_vehicle_that_could_not_be_located_is_no_violation_but_litter_still_is() -> None:
    track, _ = seen("car", -6.0, 30.0)
    assert judge(track, None, CAMERA, RULES) == Rejected(Reason.UNLOCATED)
    track, _ = seen("litter", -6.0, 30.0)
    assert isinstance(judge(track, None, CAMERA, RULES), Judged)


def test_too_few_hits_and_too_low_a_score_are_told_apart() -> None:
    track, located = seen("litter", 3.0, 25.0)
    assert judge(replace(track, views=track.views[:2]), located, CAMERA, RULES) == Rejected(Reason.FEW_HITS)
    strict = replace(RULES, min_score={"litter": 0.95})
    assert judge(track, located, CAMERA, strict) == Rejected(Reason.LOW_SCORE)


def test_what_was_never_seen_from_near_by_is_left_for_a_nearer_look() -> None:
    track, located = seen("litter", -6.0, 30.0)
    assert located is not None
    assert isinstance(judge(track, located, CAMERA, replace(RULES, far_m_default=located.range_m)), Judged)
    assert judge(track, located, CAMERA, replace(RULES, far_m_default=located.range_m - 0.1)) == Rejected(
        Reason.TOO_FAR
    )
    of_its_label = replace(RULES, far_m={"litter": located.range_m - 0.1}, far_m_default=located.range_m)
    assert judge(track, located, CAMERA, of_its_label) == Rejected(Reason.TOO_FAR)
    photos = replace(RULES, far_m_default=located.range_m - 0.1, timed=False)
    assert isinstance(judge(track, located, CAMERA, photos), Judged), "photos are taken once, on purpose"


def test_a_dwell_can_be_demanded_and_is_not_told_without_a_clock() -> None:
    assert verdict("car", -6.0, 30.0, replace(RULES, min_dwell_s=60.0)) == Rejected(Reason.FEW_HITS)
    untimed = verdict("car", -6.0, 30.0, replace(RULES, timed=False))
    assert isinstance(untimed, Judged)
    assert "dwell_s" not in dict(untimed.attributes)


def test_two_views_of_a_car_cannot_tell_standing_from_driving() -> None:
    rng = np.random.default_rng(1)
    track = noisy_track_of("car", DRIVE[:2], -6.0, 40.0, Noise(), rng, seconds=0.05)
    track = replace(track, label=TAXONOMY.labels.index("car"))
    located = locate(track, "car", CAMERA)
    assert isinstance(located, Located)
    everywhere = replace(RULES, zones=map_of(feature("all", "no_parking", (-500, -500, 500, 500))), min_hits=2)
    assert judge(track, located, CAMERA, everywhere) == Rejected(Reason.FEW_HITS)


def test_an_overflowing_bin_is_tied_to_the_registered_bin_it_stands_at() -> None:
    lat, lon = ORIGIN.to_latlon(5.2, 29.8)
    far_lat, far_lon = ORIGIN.to_latlon(5.2, 60.0)
    rules = replace(RULES, bins=Register((Part("B-far", far_lat, far_lon), Part("B-07", lat, lon))))
    found = verdict("overflowing_bin", 5.0, 30.0, rules)
    assert isinstance(found, Judged)
    assert dict(found.attributes)["bin_id"] == "B-07"
    unknown = verdict("overflowing_bin", 5.0, 30.0)
    assert isinstance(unknown, Judged)
    assert "bin_id" not in dict(unknown.attributes)


def unsure(located: Located, sigma_m: float) -> Located:
    return replace(located, covariance=Covariance(sigma_m**2, 0.0, sigma_m**2))


@pytest.mark.parametrize(("bay_east", "let_go"), [((-3.0, -0.5), True), ((6.0, 8.5), False)])
def test_a_bay_within_the_error_is_a_benefit_of_the_doubt(bay_east: tuple[float, float], let_go: bool) -> None:
    zones = map_of(
        feature("pavement", "pavement", (-9, -50, -3, 100)),
        feature("bay", "parking_bay", (bay_east[0], 20, bay_east[1], 40)),
    )
    track, located = seen("car", -4.0, 30.0)
    assert located is not None
    found = judge(track, unsure(located, 3.0), CAMERA, replace(RULES, zones=zones))
    assert (found == Rejected(Reason.OUTSIDE_ZONE)) is let_go


@pytest.mark.parametrize(("known_at", "score", "told"), [(30.0, 0.6, True), (90.0, 0.6, False), (90.0, 0.9, True)])
def test_a_full_bin_where_the_city_knows_none_must_be_surer(known_at: float, score: float, told: bool) -> None:
    lat, lon = ORIGIN.to_latlon(-6.0, known_at)
    track, located = seen("overflowing_bin", -6.0, 30.0)
    track = replace(track, views=tuple(replace(view, score=score) for view in track.views))
    found = judge(track, located, CAMERA, replace(RULES, bins=Register((Part("bin-1", lat, lon),))))
    assert isinstance(found, Judged) is told, found
