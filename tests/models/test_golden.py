"""The golden picture is the same everywhere, and its scores tell one model from another."""

from __future__ import annotations

import hashlib

import pytest

from models.golden import LEAST, differing, golden_picture, golden_scores
from models.providers import Provider
from models.store import open_detector


def test_the_picture_is_drawn_the_same_to_the_last_bit() -> None:
    digest = hashlib.sha256(golden_picture().tobytes()).hexdigest()
    assert digest == "c595fd61f5cc0d5d70412aab7cd291af9a0ea6abda5a2f54ede7f718bd110942"


@pytest.mark.parametrize("name", ["street", "privacy"])
def test_two_runtimes_agree_on_a_shipped_model(name: str) -> None:
    plain = open_detector(name, threads=1, provider=Provider.CPU)
    best = open_detector(name, threads=1)
    assert differing(golden_scores(plain), golden_scores(best)) == []


def test_another_model_scores_otherwise() -> None:
    scores = golden_scores(open_detector("street", threads=1))
    telling = {label for label, score in scores.items() if score > 10 * LEAST}
    assert len(telling) >= 4, "a picture on which hardly a label stirs would tell nothing"
    assert telling <= set(differing(scores, {label: score * 1.2 for label, score in scores.items()}))


@pytest.mark.parametrize(
    ("expected", "found", "labels"),
    [
        ({"a": 0.5}, {"a": 0.5}, []),
        ({"a": 0.5}, {"a": 0.52}, []),
        ({"a": 0.5}, {"a": 0.53}, ["a"]),
        ({"a": 0.010}, {"a": 0.012}, ["a"]),
        ({"a": 0.0}, {"a": 0.00005}, []),
        ({"a": 1.0}, {"a": 0.0}, ["a"]),
        ({"a": 0.5, "b": 0.5}, {"a": 0.5}, ["b"]),
    ],
)
def test_how_far_apart_is_too_far(expected: dict[str, float], found: dict[str, float], labels: list[str]) -> None:
    assert differing(expected, found) == labels
