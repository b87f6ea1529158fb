"""What a court does with the tracks of a stretch before it judges them."""

from __future__ import annotations

from dataclasses import replace

from pipeline.observation import ClockQuality, SourceKind
from pipeline.track import Track
from pipeline.verdict import Court
from tests.pipeline.sightings import CAMERA
from tests.pipeline.test_judge import RULES, TAXONOMY
from tests.pipeline.test_lean import numbered, street
from tests.pipeline.test_zones import map_of

CARS_DO_NOT_MATTER = replace(RULES, zones=map_of())
COURT = Court(CARS_DO_NOT_MATTER, CAMERA, ClockQuality.GNSS, SourceKind.VEHICLE, "", lambda at_ns: at_ns)


def looks(track: Track) -> list[float]:
    return [view.pose.pitch_deg for view in track.views if view.pose is not None]


def test_where_the_camera_looked_is_told_by_all_tracks_and_put_right_for_those_whose_places_matter() -> None:
    tracks = street(0.5, 0.5)
    for before, after in zip(tracks, COURT.put_right(tracks), strict=True):
        if TAXONOMY.labels[before.label] == "car":
            assert after is before
        else:
            assert min(abs(new - old) for new, old in zip(looks(after), looks(before), strict=True)) > 0.1


def test_where_nothing_can_be_told_of_nobody_asks_where_the_camera_looked() -> None:
    cars = [numbered("car", track, track.key) for track in street(0.5, 0.5)]
    assert all(after is before for before, after in zip(cars, COURT.put_right(cars), strict=True))
