"""Which provider a model stands on, and why it stands on no faster one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.doctor import examine
from models import providers
from models.providers import Provider
from models.store import open_detector
from tests.models.tiny import write_tiny


@pytest.fixture
def no_plugin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As on a vehicle that has the base package alone."""
    monkeypatch.setitem(sys.modules, "onnxruntime_ep_openvino", None)
    providers._openvino_cpu.cache_clear()
    yield
    providers._openvino_cpu.cache_clear()


@pytest.mark.usefixtures("no_plugin")
def test_without_the_plug_in_the_cpu_provider_runs_and_what_would_be_faster_is_said(tmp_path: Path) -> None:
    opened = open_detector("tiny", write_tiny(tmp_path), threads=1).session
    assert opened.provider is Provider.CPU
    assert (
        "pip install 'citysteward[openvino]'" in {rung.provider: rung.why for rung in opened.refused}[Provider.OPENVINO]
    )


@pytest.mark.usefixtures("no_plugin")
def test_the_doctor_says_where_models_run_and_what_would_make_them_faster() -> None:
    (told,) = (one for one in examine(None) if one.what == "inference")
    assert told.good
    assert told.said.startswith("on CPUExecutionProvider; not on ")
    assert "pip install 'citysteward[openvino]'" in told.said


def test_a_plug_in_that_cannot_be_loaded_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plugin = pytest.importorskip("onnxruntime_ep_openvino")
    monkeypatch.setattr(plugin, "get_library_path", lambda: str(tmp_path / "none.so"))
    providers._openvino_cpu.cache_clear()
    try:
        opened = open_detector("tiny", write_tiny(tmp_path), threads=1).session
    finally:
        providers._openvino_cpu.cache_clear()
    assert opened.provider is Provider.CPU
    assert "cannot be loaded" in {rung.provider: rung.why for rung in opened.refused}[Provider.OPENVINO]
