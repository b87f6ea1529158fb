"""Nothing is used that does not match its card, and the message says which file and why."""

from __future__ import annotations

import gc
import hashlib
import re
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from models.errors import ModelError
from models.providers import Provider
from models.store import SHIPPED, open_detector
from tests.models.tiny import write_tiny


def card(store: Path) -> Path:
    return store / "cards" / "tiny.toml"


def weights(store: Path) -> Path:
    return store / "weights" / "tiny.onnx"


def edit_card(store: Path, old: str, new: str) -> None:
    text = card(store).read_text("utf-8")
    assert re.search(old, text)
    card(store).write_text(re.sub(old, new, text, count=1), "utf-8")


def one_byte_differs(store: Path) -> None:
    content = bytearray(weights(store).read_bytes())
    content[len(content) // 2] ^= 1
    weights(store).write_bytes(bytes(content))


def not_a_model(store: Path) -> None:
    weights(store).write_bytes(b"hello")
    edit_card(store, 'digest = "[0-9a-f]+"', f'digest = "{hashlib.sha256(b"hello").hexdigest()}"')


SPOILT: dict[str, tuple[Callable[[Path], None], str, str]] = {
    "no card": (lambda store: card(store).unlink(), "tiny.toml", "there is no such file"),
    "card is not TOML": (lambda store: edit_card(store, "name =", "name"), "tiny.toml", "not a TOML file"),
    "card lacks a field": (lambda store: edit_card(store, "licence = .*", ""), "tiny.toml, field licence", "required"),
    "no weights": (lambda store: weights(store).unlink(), "tiny.onnx", "no such weights file"),
    "a damaged byte": (one_byte_differs, "tiny.onnx", "SHA-256"),
    "a truncated file": (lambda s: weights(s).write_bytes(weights(s).read_bytes()[:-9]), "tiny.onnx", "SHA-256"),
    "not a model": (not_a_model, "tiny.onnx", "cannot open it as a model"),
    "labels swapped": (
        lambda store: edit_card(store, r"labels = \['red', 'green'", "labels = ['green', 'red'"),
        "tiny.onnx",
        "card's labels",
    ),
    "no threshold for a label": (lambda store: edit_card(store, "red = .*", ""), "tiny.toml, field thresholds", "red"),
    "a threshold that no score reaches": (
        lambda store: edit_card(store, "red = .*", "red = 1.5"),
        "tiny.toml, field thresholds.red",
        "less than or equal to 1",
    ),
    "weights elsewhere": (
        lambda store: edit_card(store, 'weights = "', 'weights = "../'),
        "tiny.toml, field weights",
        "file name",
    ),
    "another input size": (lambda store: edit_card(store, "width_px = 640", "width_px = 320"), "tiny.onnx", "input"),
}


@pytest.mark.parametrize("case", SPOILT)
def test_a_model_that_does_not_match_is_refused_by_file_and_reason(case: str, tmp_path: Path) -> None:
    spoil, where, why = SPOILT[case]
    store = write_tiny(tmp_path)
    spoil(store)
    with pytest.raises(ModelError, match=re.escape(where)) as refused:
        open_detector("tiny", store, provider=Provider.CPU)
    assert why in str(refused.value)


def test_names_in_the_graph_must_be_the_cards_labels(tmp_path: Path) -> None:
    store = write_tiny(tmp_path, graph_labels=("red", "blue", "green"))
    with pytest.raises(ModelError, match="metadata names"):
        open_detector("tiny", store, provider=Provider.CPU)


def test_a_provider_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="CUDAExecutionProvider"):
        open_detector("tiny", write_tiny(tmp_path), provider=Provider.CUDA)


def test_the_ladder_remembers_the_rungs_it_could_not_climb(tmp_path: Path) -> None:
    session = open_detector("tiny", write_tiny(tmp_path), threads=1).session
    above = list(Provider)[: list(Provider).index(session.provider)]
    assert [rung.provider for rung in session.refused] == above
    assert all(rung.why for rung in session.refused)


@pytest.mark.parametrize("provider", [None, Provider.CPU])
def test_as_many_as_a_session_was_opened_for_and_one_that_queues_may_run_it_at_one_moment(
    tmp_path: Path, provider: Provider | None
) -> None:
    store = write_tiny(tmp_path)
    alone = open_detector("tiny", store, threads=1, provider=provider).session
    shared = open_detector("tiny", store, threads=2, at_a_time=2, provider=provider).session
    assert shared.provider is alone.provider
    sides = [1 if side is None else side for side in alone.input_shape]
    blobs = np.random.default_rng(3).random((8, *sides), np.float32)
    with ThreadPoolExecutor(2 + shared.queues) as callers:
        heads = list(callers.map(shared.run, blobs))
    assert all(np.array_equal(head, alone.run(blob)) for head, blob in zip(heads, blobs, strict=True))


def test_a_card_that_says_rectangular_needs_a_graph_with_free_sides(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="needs free sides"):
        open_detector("tiny", write_tiny(tmp_path, rectangular=True), provider=Provider.CPU)


@pytest.mark.parametrize("provider", [None, Provider.CPU])
def test_an_open_model_does_not_hold_its_file(provider: Provider | None) -> None:
    file_bytes = (SHIPPED / "weights" / "privacy.onnx").stat().st_size
    tracemalloc.start()
    try:
        detector = open_detector("privacy", threads=1, provider=provider)
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] < file_bytes / 10
    finally:
        tracemalloc.stop()
    assert detector.session.provider
