"""The register of bins ties a sighting to the right bin, or to none."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline.geo import LocalFrame
from pipeline.observation import Covariance
from pipeline.register import Register

FRAME = LocalFrame(31.2304, 121.4737)


def point(ident: Any, east: float, north: float) -> dict[str, Any]:
    lat, lon = FRAME.to_latlon(east, north)
    geometry = {"type": "Point", "coordinates": [lon, lat]}
    return {"type": "Feature", "properties": {"id": ident}, "geometry": geometry}


def register_of(*features: Any) -> Register:
    return Register.parse(json.dumps({"type": "FeatureCollection", "features": list(features)}))


BINS = register_of(point("B1", 0, 0), point("B2", 4, 0), point("B3", 60, 0))


def test_two_bins_four_metres_apart_stay_two() -> None:
    sure = Covariance(0.2, 0.0, 0.2)
    one, two = BINS.nearest(*FRAME.to_latlon(0.3, 0.2), sure), BINS.nearest(*FRAME.to_latlon(3.8, -0.2), sure)
    assert one is not None
    assert two is not None
    assert (one.part.id, one.rivals, two.part.id, two.rivals) == ("B1", 0, "B2", 0)


def test_an_uncertain_sighting_says_that_it_has_rivals() -> None:
    tied = BINS.nearest(*FRAME.to_latlon(1.0, 0.0), Covariance(9.0, 0.0, 9.0))
    assert tied is not None
    assert (tied.part.id, tied.rivals) == ("B1", 1)


def test_the_error_ellipse_decides_not_the_plain_distance() -> None:
    along = Covariance(9.0, 0.0, 0.05)
    pair = register_of(point("near", 0.0, 2.6), point("along", 5.0, 0.0))
    tied = pair.nearest(*FRAME.to_latlon(0, 0), along)
    assert tied is not None
    assert tied.part.id == "along"


def test_a_bin_beyond_the_error_is_no_bin() -> None:
    assert BINS.nearest(*FRAME.to_latlon(30, 0), Covariance(9.0, 0.0, 9.0)) is None
    assert Register().nearest(31.0, 121.0, Covariance(1.0, 0.0, 1.0)) is None


@pytest.mark.parametrize(
    ("features", "says"),
    [
        ([point("a", 0, 0), point("a", 1, 1)], "feature 2: properties.id"),
        ([point(7, 0, 0)], "feature 1: properties.id"),
        ([{**point("a", 0, 0), "geometry": None}], "feature 1: its geometry must be a Point"),
        ([{**point("a", 0, 0), "geometry": {"type": "Point", "coordinates": [True, 1]}}], "feature 1: its geometry"),
        ([{**point("a", 0, 0), "geometry": {"type": "Point", "coordinates": [31.2, 121.4]}}], "feature 1: coordinates"),
        ([{**point("a", 0, 0), "geometry": {"type": "Point", "coordinates": [10**400, 1]}}], "feature 1: coordinates"),
    ],
)
def test_a_bad_feature_is_named(features: list[Any], says: str) -> None:
    with pytest.raises(ValueError, match="feature") as error:
        register_of(*features)
    assert says in str(error.value)
