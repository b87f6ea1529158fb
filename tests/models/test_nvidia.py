"""NVIDIA's providers, as far as a machine without a card can tell."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Lock
from typing import Any

import numpy as np
import onnxruntime as ort
import pytest

from models.providers import Precision, Provider
from models.session import SHAPES_ON_A_CARD, Graph, Session, open_session
from tests.models.tiny import tiny_graph

GRAPH = tiny_graph(("red", "green", "blue")).SerializeToString()
CARDS = (Provider.TENSORRT, Provider.CUDA)


class OneAtATime:
    """A runtime's session that says when it was run twice at once."""

    def __init__(self) -> None:
        self._runs, self.crowded = Lock(), False

    def run(self, _: list[str], fed: dict[str, Any]) -> list[Any]:
        if not self._runs.acquire(blocking=False):
            self.crowded = True
            return list(fed.values())
        try:
            sum(np.linalg.norm(np.ones((200, 200))) for _ in range(5))  # lets other threads in
        finally:
            self._runs.release()
        return list(fed.values())


@pytest.mark.parametrize("provider", CARDS)
def test_threads_and_models_that_share_a_card_take_turns(provider: Provider) -> None:
    runtime: Any = OneAtATime()
    one, two = (Session(Graph.read(GRAPH), "tiny", provider, (), runtime, lambda *_: runtime) for _ in range(2))
    blob = np.zeros((1, 3, 64, 64), np.float32)
    with ThreadPoolExecutor(4) as pool:
        runs = [pool.submit(session.run, blob) for session in (one, two) * 100]
        assert all(run.result().shape == blob.shape for run in runs)
    assert not runtime.crowded


def test_a_card_without_its_libraries_is_refused_by_the_name_of_what_lacks(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ort, "get_available_providers", lambda: list(map(str, Provider)))
    session = open_session(GRAPH, "tiny", threads=1)
    told = {rung.provider: rung.why for rung in session.refused}
    assert session.provider not in CARDS
    assert all(".so" in told[provider] for provider in CARDS), told
    assert capfd.readouterr().out == ""


class Planning:
    """A runtime's session that counts how often the shape of its input changed, among all that were opened."""

    def __init__(self, opened: list[Planning]) -> None:
        self._shape: tuple[int, ...] | None = None
        self.plans = 0
        opened.append(self)

    def run(self, _: list[str], fed: dict[str, Any]) -> list[Any]:
        (blob,) = fed.values()
        self.plans += self._shape != blob.shape
        self._shape = blob.shape
        return [blob]


@pytest.mark.parametrize(
    ("shapes", "rounds", "sessions", "plans"),
    [
        (1, 20, 1, 1),
        (3, 20, 3, 3),
        (SHAPES_ON_A_CARD, 20, SHAPES_ON_A_CARD, SHAPES_ON_A_CARD),
        (SHAPES_ON_A_CARD + 1, 2, SHAPES_ON_A_CARD, 2 * SHAPES_ON_A_CARD + 2),
    ],
)
def test_a_card_plans_once_for_each_of_the_shapes_that_came_last(
    shapes: int, rounds: int, sessions: int, plans: int
) -> None:
    opened: list[Planning] = []
    another: Any = partial(Planning, opened)
    session = Session(
        Graph.read(GRAPH),
        "tiny",
        Provider.CUDA,
        (),
        another(),
        lambda *_: pytest.fail("not for a card"),
        another=another,
    )
    for side in [*range(1, shapes + 1)] * rounds:
        assert session.run(np.zeros((1, 3, 32, 32 * side), np.float32)).shape[-1] == 32 * side
    assert (len(opened), sum(one.plans for one in opened)) == (sessions, plans)


def test_of_more_shapes_the_one_that_was_longest_away_makes_room() -> None:
    opened: list[Planning] = []
    another: Any = partial(Planning, opened)
    session = Session(Graph.read(GRAPH), "tiny", Provider.CUDA, (), another(), another, another=another)
    for side in (*range(1, SHAPES_ON_A_CARD + 1), 1, SHAPES_ON_A_CARD + 1, 1):
        session.run(np.zeros((1, 3, 32, 32 * side), np.float32))
    assert [one.plans for one in opened] == [1, 2, *[1] * (SHAPES_ON_A_CARD - 2)]


def test_on_a_card_another_session_is_opened_for_another_shape_and_on_a_processor_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened: list[str] = []

    class Anywhere(ort.InferenceSession):
        """Runs on the processor, and says that it stands where it was asked to."""

        def __init__(self, graph: bytes, options: ort.SessionOptions, providers: list[Any], **_: Any) -> None:
            super().__init__(graph, options, providers=[str(Provider.CPU)])
            self._asked = providers[0] if isinstance(providers[0], str) else providers[0][0]
            opened.append(self._asked)

        def get_providers(self) -> list[str]:
            return [self._asked]

    monkeypatch.setattr(ort, "get_available_providers", lambda: list(map(str, Provider)))
    monkeypatch.setattr("models.providers._lacking_library", lambda _: None)
    monkeypatch.setattr(ort, "InferenceSession", Anywhere)
    graph = tiny_graph(("red", "green", "blue"), free=True).SerializeToString()
    card, processor = (open_session(graph, "tiny", threads=1, provider=one) for one in (Provider.CUDA, Provider.CPU))
    for side in (64, 128, 64, 128):
        blob = np.full((1, 3, side, 64), 0.5, np.float32)
        assert np.array_equal(card.run(blob), processor.run(blob))
    assert sorted(opened) == [str(Provider.CPU), str(Provider.CUDA), str(Provider.CUDA)]


@pytest.mark.parametrize("precision", Precision)
def test_a_card_computes_in_float32(monkeypatch: pytest.MonkeyPatch, precision: Precision) -> None:
    asked: dict[str, dict[str, str]] = {}

    def made(*_: Any, providers: list[tuple[str, dict[str, str]]], **__: Any) -> Any:
        asked.update(providers)
        raise RuntimeError("there is no card here")

    monkeypatch.setattr(ort, "get_available_providers", lambda: [str(Provider.CUDA)])
    monkeypatch.setattr("models.providers._lacking_library", lambda _: None)
    monkeypatch.setattr(ort, "InferenceSession", made)
    with pytest.raises(Exception, match="there is no card here"):
        open_session(GRAPH, "tiny", provider=Provider.CUDA, precision=precision)
    assert asked[Provider.CUDA]["use_tf32"] == "0"
