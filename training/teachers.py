"""Teachers: trained models that label what a data set leaves unlabelled.

A teacher looks at every photo once; what it says is kept with its scores in one JSON-lines file a source, so that the
threshold can be chosen later, by looking, without running it again. A run that was stopped goes on where it stopped.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol

import cv2
import numpy as np
import torch
from torchvision.ops import batched_nms
from ultralytics import YOLO

from training.bfloat16 import quick
from training.pictures import Image, read_picture
from training.said import drop_half_a_line, read_said
from training.sources import Box, Photo

KEPT_FROM: Final = 0.10
"""Boxes below this score are not even kept: no threshold worth choosing lies there."""


class Teacher(Protocol):
    """Something that labels pictures."""

    name: str

    def look(self, pictures: Sequence[Image], names: Sequence[str]) -> list[list[Box]]:
        """The boxes of each BGR picture, with scores; `names` are the photos' names."""
        ...


class YoloTeacher:
    """An ultralytics detector; `classes`: its class numbers as our labels; `mirror`: look at mirror images too?"""

    def __init__(
        self, weights: Path, input_px: int, classes: Mapping[int, str], name: str, threads: int, mirror: bool = True
    ) -> None:
        torch.set_num_threads(threads)
        self.name = name
        self._classes = dict(classes)
        self._input_px = input_px
        self._mirror = mirror
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._model = YOLO(str(weights)).model.float().eval().to(self._device, memory_format=torch.channels_last)
        self._wanted = torch.tensor(sorted(self._classes), device=self._device)

    def look(self, pictures: Sequence[Image], names: Sequence[str]) -> list[list[Box]]:  # noqa: ARG002
        canvases, scales = zip(*(self._fit(picture) for picture in pictures), strict=True)
        batch = torch.from_numpy(np.stack(canvases)).to(self._device).permute(0, 3, 1, 2).float().div_(255)
        batch = batch.contiguous(memory_format=torch.channels_last)
        with torch.inference_mode(), quick(self._device.type):
            seen = self._model(batch)[0].float()
            if self._mirror:
                mirrored = self._model(batch.flip(3))[0].float()
                mirrored[:, 0] = self._input_px - mirrored[:, 0]
                seen = torch.cat([seen, mirrored], dim=2)
        return [
            self._boxes(head, picture.shape[:2], scale)
            for head, picture, scale in zip(seen, pictures, scales, strict=True)
        ]

    def _fit(self, picture: Image) -> tuple[Image, float]:
        """RGB on a grey square, top left; and the scale from the picture's pixels to the square's."""
        height, width = picture.shape[:2]
        scale = self._input_px / max(height, width)
        small = cv2.resize(picture, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_LINEAR)
        canvas = np.full((self._input_px, self._input_px, 3), 114, np.uint8)
        canvas[: small.shape[0], : small.shape[1]] = small[..., ::-1]
        return canvas, scale

    def _boxes(self, head: torch.Tensor, shape: tuple[int, int], scale: float) -> list[Box]:
        scores, wanted = head[4:][self._wanted].max(0)
        keep = scores >= KEPT_FROM
        centre, size = head[:2, keep].T, head[2:4, keep].T
        corners = torch.cat([centre - size / 2, centre + size / 2], 1) / scale
        labels, scores = self._wanted[wanted[keep]], scores[keep]
        height, width = shape
        found = []
        for i in batched_nms(corners, scores, labels, 0.6).tolist():
            x1, y1, x2, y2 = corners[i].tolist()
            x1, x2 = max(0.0, x1 / width), min(1.0, x2 / width)
            y1, y2 = max(0.0, y1 / height), min(1.0, y2 / height)
            if x2 > x1 and y2 > y1:
                found.append(Box(self._classes[int(labels[i])], x1, y1, x2, y2, float(scores[i]), self.name))
        return found


def teach(teacher: Teacher, photos: Iterable[Photo], said_path: Path, batch: int = 8) -> int:
    """Have the teacher look at every photo it has not seen; appends to `said_path`. Returns how many it looked at."""
    done = read_said(said_path)
    waiting = [photo for photo in photos if photo.name not in done]
    said_path.parent.mkdir(parents=True, exist_ok=True)
    drop_half_a_line(said_path)
    with said_path.open("a", encoding="utf-8") as lines:
        for start in range(0, len(waiting), batch):
            group = waiting[start : start + batch]
            pictures = [read_picture(photo.picture) for photo in group]
            for photo, boxes in zip(group, teacher.look(pictures, [photo.name for photo in group]), strict=True):
                rows = [[b.label, *(round(v, 5) for v in (b.x1, b.y1, b.x2, b.y2, b.score))] for b in boxes]
                lines.write(json.dumps({"photo": photo.name, "by": teacher.name, "boxes": rows}) + "\n")
            lines.flush()
    return len(waiting)
