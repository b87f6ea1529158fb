"""Training with ultralytics: on a GPU as it comes, on a CPU with bfloat16 forward passes where it has them.

On two cores with AMX a step of YOLO11n (16 pictures at 512) takes 0.83 s this way and 1.76 s in float32. The loss, the
optimiser and the averaged weights stay in float32.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import nn
from ultralytics.models.yolo.detect import DetectionTrainer
from ultralytics.nn.tasks import DetectionModel
from ultralytics.utils import LOGGER

from models.wholefile import sync
from pipeline.letterbox import Letterbox
from training.batchnorm import is_folded, unfold
from training.bfloat16 import fast_bfloat16
from training.loss import IgnoringLoss
from training.pictures import read_picture
from training.recipe import StagePart
from training.sources import IGNORED

COCO_CLASSES = 80
SAMPLE_BATCH = 16
SAMPLED_BATCHES = 6
LAST = "weights/last.pt"
DONE = "weights/final.pt"
APART: Final = 0.05
"""So far at most a score in float16 is from the same in float32, on a GPU that computes float16 rightly."""
TRIM_THRESHOLD: Final = -1  # glibc's malloc.h: M_TRIM_THRESHOLD, M_MMAP_THRESHOLD
MMAP_THRESHOLD: Final = -3


class Bfloat16Forward(nn.Module):  # type: ignore[misc]
    """A detection model whose training forward pass runs in bfloat16, channels last, and whose loss is float32.

    It carries the model as `module`, as parallel wrappers do, so the trainer finds the float32 weights under it.
    """

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, batch: dict[str, Any]) -> Any:
        pictures = batch["img"].contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            predictions = self.module(pictures)
        return self.module.loss(batch, _float32(predictions))


def _float32(value: Any) -> Any:
    """The same nest of dicts, lists and tensors, with every floating tensor in float32."""
    if isinstance(value, torch.Tensor):
        return value.float() if value.is_floating_point() else value
    if isinstance(value, Mapping):
        return {key: _float32(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_float32(part) for part in value)
    return value


def holds_in_float16(model: nn.Module, pictures: torch.Tensor) -> bool:
    """Does a detection model find in float16 what it finds in float32 in pictures [N, 3, H, W] on its device? Every
    number has to be finite, every score near. Some GPUs compute float16 wrongly.
    """
    training = model.training
    model.eval()
    with torch.no_grad():
        whole = model(pictures)[0]
        with torch.autocast(pictures.device.type, torch.float16):
            half = model(pictures)[0].float()
    model.train(training)
    return bool(torch.isfinite(half).all() and ((half - whole)[:, 4:].abs() <= APART).all())


def keep_freed_memory() -> None:
    """Let the C library keep what a step frees for the next one. By default a tensor of some megabytes goes back to the
    system and is fetched anew, page by page and zeroed. Does nothing where there is no glibc.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(MMAP_THRESHOLD, 1 << 30)
        mallopt(TRIM_THRESHOLD, (1 << 31) - 1)


def with_our_labels(model: DetectionModel, labels: Sequence[str]) -> DetectionModel:
    """Give a COCO-shaped model one output a label: only the last layer of each class branch changes its size."""
    head = model.model[-1]
    prior = [float(branch[-1].bias.detach().mean()) for branch in head.cv3]
    for branch, bias in zip(head.cv3, prior, strict=True):
        old = branch[-1]
        branch[-1] = nn.Conv2d(old.in_channels, len(labels), old.kernel_size)
        nn.init.normal_(branch[-1].weight, std=0.01)
        nn.init.constant_(branch[-1].bias, bias)
    head.nc, head.no = len(labels), len(labels) + 4 * head.reg_max
    model.nc, model.yaml["nc"], model.names = len(labels), len(labels), dict(enumerate(labels))
    return model


def take_over_rows(model: DetectionModel, coco: nn.Module) -> None:
    """Start the outputs of labels that COCO has from COCO's own rows."""
    known = {name: number for number, name in coco.names.items()}
    for branch, old in zip(model.model[-1].cv3, coco.model[-1].cv3, strict=True):
        for place, label in model.names.items():
            if label in known:
                branch[-1].weight.data[place] = old[-1].weight.data[known[label]]
                branch[-1].bias.data[place] = old[-1].bias.data[known[label]]


class StreetTrainer(DetectionTrainer):  # type: ignore[misc]
    """Trains without looking at any held-out set: the weights kept are the averaged ones at the end."""

    last: Path
    model: nn.Module
    stop_after: int
    threads: int
    sides_px: tuple[int, ...] = ()
    _draw: np.random.Generator  # which side a batch gets
    _float16: bool

    def draw_anew(self) -> None:
        """Let an epoch draw what it draws in this recipe, whichever epochs this process trained before it."""
        self._draw = np.random.default_rng((self.args.seed, self.epoch))

    def side_px(self) -> int:
        """The side that the next batch is drawn at; one of the stage's, which has some."""
        return int(self._draw.choice(self.sides_px))

    def get_model(self, cfg: Any = None, weights: nn.Module | None = None, verbose: bool = True) -> DetectionModel:
        """A model with this recipe's labels, built on the COCO head so that what it knows of vehicles stays."""
        coco_shaped = DetectionModel(cfg, nc=COCO_CLASSES, verbose=False)
        model = with_our_labels(coco_shaped, self._labels())
        if weights is not None:
            if is_folded(weights):
                unfold(weights.float(), self._sample())
            model.load(weights, verbose=verbose)
            if weights.model[-1].nc == COCO_CLASSES:
                take_over_rows(model, weights)
        return model

    def _labels(self) -> list[str]:
        """The data set's classes but for those that say where a label is to be ignored."""
        return [name for name in self.data["names"].values() if not name.startswith(IGNORED)]

    def set_model_attributes(self) -> None:
        """The model has the labels alone."""
        labels = self._labels()
        self.model.nc, self.model.names, self.model.args = len(labels), dict(enumerate(labels)), self.args

    def preprocess_batch(self, batch: dict[str, Any]) -> dict[str, Any]:
        """The batch as ultralytics makes it, drawn at one of the stage's sides."""
        batch = super().preprocess_batch(batch)
        if self.sides_px:
            side = self.side_px()
            if side != batch["img"].shape[-1]:
                batch["img"] = nn.functional.interpolate(batch["img"], (side, side), mode="bilinear", antialias=True)
        return batch

    def _sample(self) -> Iterator[torch.Tensor]:
        """A few batches of training pictures, as the model sees them but for augmentation."""
        listed = Path(self.data["train"]).read_text("utf-8").splitlines()
        side = self.args.imgsz
        for start in range(SAMPLED_BATCHES):
            chosen = listed[start :: max(1, len(listed) // SAMPLE_BATCH)][:SAMPLE_BATCH]
            pictures = [read_picture(Path(path)) for path in chosen]
            blobs = [Letterbox.fit(p.shape[1], p.shape[0], side, side).blob(p) for p in pictures]
            yield torch.from_numpy(np.concatenate(blobs))

    def _setup_train(self) -> None:
        # Where it is to train in float16, ultralytics fetches a model of its own to try that with.
        self._float16, self.args.amp = bool(self.args.amp), False
        super()._setup_train()
        self.add_callback("on_train_epoch_start", StreetTrainer.draw_anew)
        self.model.criterion = IgnoringLoss(self.model)  # not on the averaged copy, which is saved
        if self.device.type == "cpu":
            torch.set_num_threads(self.threads)  # ultralytics leaves one core unused
            keep_freed_memory()
        if self.device.type == "cpu" and fast_bfloat16():
            self.model = Bfloat16Forward(self.model.to(memory_format=torch.channels_last))

    def resume_training(self, ckpt: dict[str, Any] | None) -> None:
        """Called once all is built. Turns float16 on where it is asked for and holds, before what a checkpoint has of
        it is taken over."""
        self.args.amp = self._float16
        if self._float16:
            self.amp = holds_in_float16(self.model, next(self._sample()).to(self.device))
            if not self.amp:
                LOGGER.warning("this GPU finds something else in float16 than in float32; it trains in float32")
            self.scaler = torch.amp.GradScaler(self.device.type, enabled=self.amp)
        super().resume_training(ckpt)

    def validate(self) -> tuple[dict[str, float], float]:
        self.best_fitness = float(self.epoch)
        return {}, float(self.epoch)

    def save_model(self) -> bool:
        """Save as ultralytics does, and stop the run early where its stage says so.

        ultralytics writes over the only checkpoint that a run goes on from; here it is there whole at every moment.
        """
        place = self.last
        self.last = place.with_suffix(".part")
        try:
            saved = bool(super().save_model())
            sync(self.last)
            self.last.replace(place)
        finally:
            self.last = place
        if self.epoch + 1 >= self.stop_after:
            self.stop = True
        return saved

    def final_eval(self) -> None:
        """Nothing: the report is made from the exported file, by training/evaluate.py."""


def epochs_done(checkpoint: Path) -> int:
    """How many epochs a checkpoint has behind it; 0 where there is none."""
    if not checkpoint.is_file():
        return 0
    return int(torch.load(checkpoint, map_location="cpu", weights_only=False)["epoch"]) + 1


def train_stage(
    stage: StagePart, data_file: Path, start: Path, architecture: str, folder: Path, seed: int, threads: int
) -> Path:
    """Train one stage, or go on where it stopped; returns its final weights (at once if they are there already).

    threads: cores to train on without a GPU. On a machine that other work shares, one fewer than it has: threads that
    wait for one another on a contended core make a step several times slower.
    """
    done, last = folder / DONE, folder / LAST
    stop_after = stage.stop_after or stage.epochs
    if not done.is_file() and epochs_done(last) >= stop_after:
        last.replace(done)
    if done.is_file():
        return done
    settings: dict[str, Any] = {
        "task": "detect",
        "mode": "train",
        "data": str(data_file),
        "model": str(last) if last.is_file() else architecture,
        "pretrained": str(start),
        "epochs": stage.epochs,
        "imgsz": stage.input_px,
        "batch": stage.batch,
        "nbs": stage.batch,
        "optimizer": "AdamW",
        "lr0": stage.lr0,
        "lrf": stage.lrf,
        "cos_lr": True,
        "warmup_epochs": stage.warmup_epochs,
        "warmup_bias_lr": 0.0,
        "mosaic": stage.mosaic,
        "close_mosaic": stage.close_mosaic,
        "freeze": stage.freeze or None,
        "cache": "ram",
        "workers": 8 if torch.cuda.is_available() else 1,
        "device": "0" if torch.cuda.is_available() else "cpu",
        "amp": torch.cuda.is_available(),
        "val": False,
        "plots": False,
        "save_period": 1,
        "seed": seed,
        "project": str(folder.parent),
        "name": folder.name,
        "exist_ok": True,
    }
    if last.is_file():
        settings["resume"] = str(last)
    trainer = StreetTrainer(overrides=settings)
    trainer.threads = threads
    trainer.sides_px = stage.sides_px
    trainer.stop_after = stop_after
    trainer.train()
    last.replace(done)
    return done
