"""NVIDIA's providers, as far as a machine without a card can tell."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any

import numpy as np
import onnxruntime as ort
import pytest

from models.providers import Precision, Provider
from models.session import Graph, Session, open_session
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
