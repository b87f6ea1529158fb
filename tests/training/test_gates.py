"""The rule book of promotion, gate by gate, at its edges: a line of the table changes one fact of a flawless model."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from models.tomlfile import read_toml
from training.errors import TrainingError
from training.options import HERE
from training.promotion.cli import GATES as FILE
from training.promotion.gates import GATES, Accuracy, Facts, Limits, ParityFound, Ruling, TwinFound, decide

LIMITS = read_toml(FILE, Limits, TrainingError)
STREET = ("litter", "overflowing_bin", "illegal_ad", "car", "bin", "person")
ONE, OTHER = "1" * 64, "2" * 64


def accuracy(label: str, champion: float = 0.8, challenger: float = 0.8, n_boxes: int = 30) -> Accuracy:
    return Accuracy(label, "val", "people", n_boxes, champion, challenger, challenger - champion, 0.02)


FLAWLESS = Facts(
    model="street",
    accuracy=tuple(accuracy(label) for label in STREET),
    twin=tuple(TwinFound(label, "val", "people", 30, 0.8, 0.79) for label in STREET),
    parity=ParityFound(0.99, 0.001, 12, "as the card has it"),
    size_mb=12.0,
    ratio=1.10,
    n_timed=20,
    lacking=(),
    n_trained=1,
    n_shared=0,
    rival_digest=ONE,
    reigning_digest=ONE,
)


def closed(facts: Facts) -> list[str]:
    return [ruling.gate for ruling in decide(facts, LIMITS) if not ruling.passed]


def test_a_challenger_exactly_at_every_bar_passes_every_gate() -> None:
    assert closed(FLAWLESS) == []


def with_accuracy(*changed: Accuracy) -> Facts:
    """The flawless facts with these labels' rows instead of their own."""
    labels = {one.label for one in changed}
    return replace(FLAWLESS, accuracy=(*(one for one in FLAWLESS.accuracy if one.label not in labels), *changed))


def but(**changed: object) -> Facts:
    """The flawless facts with these instead."""
    return replace(FLAWLESS, **changed)  # type: ignore[arg-type]


def parity(least_iou: float, largest_score_difference: float, n_anchors: int = 12) -> Facts:
    return but(parity=ParityFound(least_iou, largest_score_difference, n_anchors, "as the card has it"))


def with_twin(int8: float, n_boxes: int = 30) -> Facts:
    """The flawless facts with another twin's figure for litter."""
    litter = TwinFound("litter", "val", "people", n_boxes, 0.8, int8)
    return but(twin=(litter, *(one for one in FLAWLESS.twin or () if one.label != "litter")))


TWIN, NO_TWIN = "twin on litter of val (people)", "twin on litter"
LITTER = "accuracy of litter on val (people)"
NO_LITTER = "accuracy of litter"
BOXES, SCORES = "parity of boxes with torch", "parity of scores with torch"
GOOD = accuracy("litter")
EDGES = [
    # what changed                              facts                                               closed gates
    ("a point of AP lost",                      with_accuracy(accuracy("litter", 0.80, 0.79)),      []),
    ("a hair more than a point",                with_accuracy(accuracy("litter", 0.80, 0.7899)),    [LITTER]),
    ("more by less than cards write",           with_accuracy(accuracy("litter", 0.80, 0.78996)),   []),
    ("better",                                  with_accuracy(accuracy("litter", 0.50, 0.90)),      []),
    ("no number",                               with_accuracy(accuracy("litter", 0.80, math.nan)),  [LITTER]),
    ("no number of the champion's",             with_accuracy(accuracy("litter", math.nan, 0.8)),   [LITTER]),
    ("29 boxes say nothing",                    with_accuracy(accuracy("litter", n_boxes=29)),      [NO_LITTER]),
    ("29 boxes are not held against it",        with_accuracy(GOOD, accuracy("litter", 0.9, 0.1, 29)), []),
    ("one bad exam of two",                     with_accuracy(GOOD, accuracy("litter", 0.9, 0.1, 30)), [LITTER]),
    ("a label that was not measured",           but(accuracy=FLAWLESS.accuracy[1:]),                [NO_LITTER]),
    ("a label without a gate may be worse",     with_accuracy(accuracy("bicycle", 0.9, 0.1)),       []),
    ("a model without gates",                   but(model="other"),                                 ["accuracy"]),
    ("a twin that loses a point",               with_twin(0.79),                                    []),
    ("a twin that loses a hair more",           with_twin(0.7899),                                  [TWIN]),
    ("a twin that finds more",                  with_twin(0.9),                                     []),
    ("a twin's figure that is no number",       with_twin(math.nan),                                [TWIN]),
    ("a twin measured on too few boxes",        with_twin(0.8, 29),                                 [NO_TWIN]),
    ("a twin whose file was not there",         but(twin=()),                         [f"twin on {x}" for x in STREET]),
    ("no twin",                                 but(twin=None),                                     []),
    ("no parity",                               but(parity=None),                                   [BOXES, SCORES]),
    ("boxes apart",                             parity(0.9899, 0.001),                              [BOXES]),
    ("scores apart",                            parity(0.99, 0.001001),                             [SCORES]),
    ("parity of no anchor",                     parity(1.0, 0.0, 0),                                [BOXES, SCORES]),
    ("parity that is no number",                parity(math.nan, math.nan),                         [BOXES, SCORES]),
    ("too large",                               but(size_mb=12.0001),                               ["size"]),
    ("too slow",                                but(ratio=1.1001),                                  ["latency"]),
    ("too slow by less than cards write",       but(ratio=1.10004),                                 []),
    ("a ratio that is no number",               but(ratio=math.nan),                                ["latency"]),
    ("timed on too few",                        but(n_timed=19),                                    ["latency"]),
    ("a card without sources",                  but(lacking=("its sources",)),                      ["card complete"]),
    ("an exam picture was trained on",          but(n_shared=1),                                    ["held out"]),
    ("no training photo to compare with",       but(n_trained=0),                                   ["held out"]),
    ("measured against another champion",       but(rival_digest=OTHER),                     ["against the champion"]),
    ("the channel's first model",               but(reigning_digest=None),                          []),
]  # fmt: skip


@pytest.mark.parametrize(("what", "facts", "expected"), EDGES, ids=[edge[0] for edge in EDGES])
def test_the_edge(what: str, facts: Facts, expected: list[str]) -> None:
    assert closed(facts) == expected


@pytest.mark.parametrize("label", STREET)
def test_every_category_of_the_product_is_guarded(label: str) -> None:
    assert closed(with_accuracy(accuracy(label, 0.8, 0.5))) == [f"accuracy of {label} on val (people)"]


def test_every_gate_is_ruled_on_when_all_fail() -> None:
    hopeless = replace(
        FLAWLESS, accuracy=(), twin=(), parity=None, size_mb=99.0, ratio=9.0, lacking=("its sources", "its weaknesses"),
        n_shared=3, rival_digest=OTHER,
    )  # fmt: skip
    rulings = decide(hopeless, LIMITS)
    assert len(closed(hopeless)) == len(rulings) == 2 * len(STREET) + 2 + 5


def test_every_gate_of_the_table_can_close() -> None:
    reached = {name.split(" on ")[0] for _, _, names in EDGES for name in names}
    ruled = {ruling.gate.split(" on ")[0] for gate in GATES for ruling in gate(FLAWLESS, LIMITS)}
    assert {name for name in ruled if not name.startswith(("accuracy of", "twin on"))} <= reached


def test_a_ruling_says_what_was_measured_and_what_to_do() -> None:
    rulings = {ruling.gate: ruling for ruling in decide(replace(FLAWLESS, parity=None, rival_digest=OTHER), LIMITS)}
    assert rulings["parity of boxes with torch"].measured_text == "none"
    assert "--torch" in rulings["parity of boxes with torch"].why
    assert "--champion" in rulings["against the champion"].why
    assert rulings["size"] == Ruling("size", 12.0, 12.0, True, "MB of the weights, which a vehicle downloads.")


def test_the_gates_file_names_only_labels_that_the_recipes_teach() -> None:
    from training.recipe import read_recipe

    for model, labels in LIMITS.accuracy.labels.items():
        assert set(labels) <= set(read_recipe(HERE / "datasets" / f"{model}.toml").labels)
