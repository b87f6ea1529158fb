"""Training with ultralytics: nothing is fetched for it, and a run that was cut draws what one in one go draws."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch")
pytest.importorskip("ultralytics")

from ultralytics.engine import trainer as engine  # noqa: E402

from training.train import StreetTrainer, holds_in_float16  # noqa: E402

SIDES_PX = (64, 96, 128)


def drawn(*epochs: int, seed: int = 7) -> list[list[int]]:
    """The sides of five batches in each of these epochs, trained by one process."""
    trainer = StreetTrainer.__new__(StreetTrainer)
    trainer.args, trainer.sides_px = SimpleNamespace(seed=seed), SIDES_PX
    sides = []
    for trainer.epoch in epochs:
        trainer.draw_anew()
        sides.append([trainer.side_px() for _ in range(5)])
    return sides


def test_an_epoch_draws_the_same_sides_whether_or_not_its_run_was_cut_before_it() -> None:
    whole = drawn(0, 1, 2)
    assert drawn(2) == whole[2:]
    assert len({tuple(sides) for sides in whole}) == 3
    assert drawn(0, 1, 2, seed=8) != whole


class Scores(torch.nn.Module):  # type: ignore[misc,name-defined]
    """Answers as a detection head does: four numbers of a box and one score an anchor, the score times `gain`."""

    def __init__(self, gain: float) -> None:
        super().__init__()
        self.layer = torch.nn.Conv2d(3, 5, 1)
        torch.nn.init.constant_(self.layer.weight, gain / 3)
        torch.nn.init.zeros_(self.layer.bias)

    def forward(self, pictures: Any) -> Any:
        return [self.layer(pictures).flatten(2)]


@pytest.mark.parametrize(("gain", "holds"), [(1.0, True), (300.0, False), (1e6, False)])
def test_float16_holds_where_scores_are_near_and_finite(gain: float, holds: bool) -> None:
    """Beyond 256 two numbers of float16 are 0.25 apart, and beyond 65,504 there is none."""
    model = Scores(gain).train()
    pictures = torch.linspace(0.0, 1.0, 3 * 32 * 32).reshape(1, 3, 32, 32)
    assert holds_in_float16(model, pictures) is holds
    assert model.training


def test_float16_is_tried_with_what_is_trained_and_each_epoch_draws_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetched(_: object) -> bool:
        raise AssertionError("ultralytics tries float16 with a model that it fetches")

    monkeypatch.setattr(engine, "check_amp", fetched)
    trainer = a_trainer(tmp_path)
    trainer._setup_train()
    assert trainer.amp is True
    assert trainer.args.amp is True
    assert trainer.scaler.is_enabled()
    trainer.epoch = 4
    trainer.run_callbacks("on_train_epoch_start")
    assert trainer.side_px() == drawn(4)[0][0]


def test_a_run_that_is_killed_as_it_saves_goes_on_from_the_epoch_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = StreetTrainer.__new__(StreetTrainer)
    trainer.epoch, trainer.stop_after, trainer.last = 0, 9, tmp_path / "last.pt"

    def save(self: StreetTrainer) -> bool:
        self.last.write_bytes(b"epoch %d" % self.epoch)
        if self.epoch == 1:
            raise KeyboardInterrupt
        return True

    monkeypatch.setattr(engine.BaseTrainer, "save_model", save)
    trainer.save_model()
    trainer.epoch = 1
    with pytest.raises(KeyboardInterrupt):
        trainer.save_model()
    assert (tmp_path / "last.pt").read_bytes() == b"epoch 0"
    trainer.epoch = 2
    assert trainer.save_model()
    assert (tmp_path / "last.pt").read_bytes() == b"epoch 2"


def a_trainer(folder: Path) -> StreetTrainer:
    """For two pictures of one label, on the processor."""
    for name in ("images", "labels"):
        (folder / name).mkdir()
    rng = np.random.default_rng(0)
    for number in range(2):
        picture = Image.fromarray(rng.integers(0, 255, (64, 64, 3), dtype=np.uint8))
        picture.save(folder / f"images/{number}.jpg")
        (folder / f"labels/{number}.txt").write_text("0 0.5 0.5 0.4 0.4\n")
    listed = folder / "train.txt"
    listed.write_text("".join(f"{folder}/images/{number}.jpg\n" for number in range(2)))
    (folder / "set.yaml").write_text(f"path: {folder}\ntrain: {listed}\nval: {listed}\nnames:\n  0: bin\n")
    settings = {
        "task": "detect",
        "mode": "train",
        "data": str(folder / "set.yaml"),
        "model": "yolo11n.yaml",
        "pretrained": False,
        "epochs": 1,
        "imgsz": 64,
        "batch": 2,
        "workers": 0,
        "device": "cpu",
        "amp": True,
        "val": False,
        "plots": False,
        "seed": 7,
        "project": str(folder),
        "name": "run",
        "exist_ok": True,
    }
    trainer = StreetTrainer(overrides=settings)
    trainer.threads, trainer.stop_after, trainer.sides_px = 1, 1, SIDES_PX
    return trainer
