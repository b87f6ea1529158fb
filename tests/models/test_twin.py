"""A model's int8 twin: when it runs, and that it is held to its own digest."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from models.errors import ModelError
from models.providers import Precision, Provider, has_bfloat16_tiles
from models.store import open_detector, quickest
from tests.models.tiny import add_twin, write_tiny


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("provider", "has_twin", "bfloat16", "runs"),
    [
        (Provider.OPENVINO, True, False, Precision.INT8),
        (Provider.OPENVINO, True, True, Precision.FAST),
        (Provider.OPENVINO, False, True, Precision.FAST),
        (Provider.OPENVINO, False, False, Precision.EXACT),
        (Provider.CPU, True, False, Precision.FAST),
        (Provider.CPU, True, True, Precision.FAST),
        (Provider.CUDA, True, False, Precision.FAST),
        (Provider.TENSORRT, True, False, Precision.FAST),
    ],
)
def test_the_twin_runs_where_it_was_measured_to_be_quicker(
    provider: Provider, has_twin: bool, bfloat16: bool, runs: Precision
) -> None:
    assert quickest(provider, has_twin, bfloat16) is runs


@pytest.mark.parametrize(
    ("text", "there"),
    [
        ("flags\t: fpu amx_bf16 amx_tile\n", True),
        ("flags: fpu avx512_bf16 avx_vnni\n", False),
        ("", False),
    ],
)
def test_bfloat16_matrix_instructions_are_read_from_the_systems_own_list(
    text: str, there: bool, tmp_path: Path
) -> None:
    (tmp_path / "cpuinfo").write_text(text, "ascii")
    assert has_bfloat16_tiles(tmp_path / "cpuinfo") is there
    assert not has_bfloat16_tiles(tmp_path / "nowhere")


def test_either_file_is_opened_and_the_detector_says_which(tmp_path: Path) -> None:
    store = write_tiny(tmp_path)
    twin = add_twin(store)
    exact = open_detector("tiny", store, provider=Provider.CPU)
    assert exact.digest == digest(store / "weights" / "tiny.onnx")
    assert open_detector("tiny", store, provider=Provider.CPU, precision=Precision.INT8).digest == digest(twin)
    assert open_detector("tiny", store, provider=Provider.CPU, precision=Precision.FAST).digest == exact.digest


def test_speed_is_asked_for_and_the_provider_that_is_there_decides(tmp_path: Path) -> None:
    store = write_tiny(tmp_path)
    twin = add_twin(store)
    found = open_detector("tiny", store, threads=1, precision=Precision.FAST)
    wanted = quickest(found.session.provider, has_twin=True)
    assert found.digest == digest(twin if wanted is Precision.INT8 else store / "weights" / "tiny.onnx")


def test_a_folder_without_the_twins_file_runs_float32_where_speed_is_asked_for(tmp_path: Path) -> None:
    store = write_tiny(tmp_path)
    add_twin(store).unlink()
    exact = digest(store / "weights" / "tiny.onnx")
    assert open_detector("tiny", store, threads=1, precision=Precision.FAST).digest == exact
    with pytest.raises(ModelError, match=r"tiny\.int8\.onnx: there is no such weights file"):
        open_detector("tiny", store, threads=1, precision=Precision.INT8)


@pytest.mark.parametrize("spoilt", ["tiny.int8.onnx", "tiny.onnx"])
def test_each_file_is_held_to_its_own_digest(spoilt: str, tmp_path: Path) -> None:
    store = write_tiny(tmp_path)
    add_twin(store)
    path = store / "weights" / spoilt
    path.write_bytes(path.read_bytes() + b"\0")
    precision = Precision.INT8 if "int8" in spoilt else Precision.EXACT
    with pytest.raises(ModelError, match=rf"{spoilt}: its SHA-256"):
        open_detector("tiny", store, provider=Provider.CPU, precision=precision)


def test_a_twin_that_the_card_does_not_name_cannot_be_asked_for(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="names no int8 twin"):
        open_detector("tiny", write_tiny(tmp_path), precision=Precision.INT8)


def test_a_twin_must_lie_beside_the_weights(tmp_path: Path) -> None:
    store = write_tiny(tmp_path)
    add_twin(store)
    card = store / "cards" / "tiny.toml"
    card.write_text(card.read_text("utf-8").replace('"tiny.int8.onnx"', '"../tiny.int8.onnx"'), "utf-8")
    with pytest.raises(ModelError, match="file name inside"):
        open_detector("tiny", store, provider=Provider.CPU, precision=Precision.INT8)


def test_the_shipped_twin_opens_where_it_is_asked_for() -> None:
    found = open_detector("street", threads=1, provider=Provider.CPU, precision=Precision.INT8)
    assert found.card.int8 is not None
    assert found.digest == found.card.int8.digest
