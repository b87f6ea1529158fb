"""COCO's file of annotations, written picture by picture, so that it may be larger than memory."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Final, TextIO

from pipeline.observation import Shares
from server.learning.examples import Example
from server.learning.verdicts import Verdict
from server.setup.city import City

LICENCE: Final = {"id": 1, "name": "The city's own pictures: not for publication", "url": ""}


@dataclass(frozen=True, slots=True)
class Picture:
    """An example, its file's name, and the size that the file has."""

    example: Example
    file_name: str
    width_px: int
    height_px: int


@contextmanager
def coco_file(path: Path, city: City) -> Iterator[Callable[[Picture], None]]:
    """What adds a picture to the file, which is finished when the block ends.

    COCO tells annotations after all images, so they wait in a nameless file. A category's id is its label's place in
    the city's list of labels, so that it stays when an export holds fewer labels.
    """
    ids = {label: number for number, label in enumerate(city.taxonomy.labels, 1)}
    used: set[str] = set()
    with path.open("w", encoding="utf-8") as file, TemporaryFile("w+", encoding="utf-8", dir=path.parent) as waiting:
        images, annotations = _Rows(file), _Rows(waiting)

        def add(picture: Picture) -> None:
            used.add(picture.example.label)
            images.add(_image(images.count + 1, picture))
            if picture.example.verdict is Verdict.CONFIRMED:
                annotations.add(_annotation(annotations.count + 1, images.count, picture, ids))

        file.write(f'{{\n "info": {_text(_info(city), 1)},\n "licenses": {_text([LICENCE], 1)},\n "images": ')
        yield add
        images.end()
        annotations.end()
        waiting.seek(0)
        file.write(',\n "annotations": ')
        shutil.copyfileobj(waiting, file)
        categories = [{"id": ids[label], "name": label, "supercategory": ""} for label in ids if label in used]
        file.write(f',\n "categories": {_text(categories, 1)}\n}}\n')


class _Rows:
    """A list of the file's first level, one row after the other."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self.count = 0

    def add(self, row: dict[str, Any]) -> None:
        self._file.write(f"{',' if self.count else '['}\n  {_text(row, 2)}")
        self.count += 1

    def end(self) -> None:
        self._file.write("\n ]" if self.count else "[]")


def _text(part: Any, depth: int) -> str:
    """As it stands in a whole that is indented by one, so deep in it."""
    return json.dumps(part, ensure_ascii=False, indent=1, allow_nan=False).replace("\n", "\n" + " " * depth)


def _info(city: City) -> dict[str, str]:
    return {
        "description": "City Steward: sightings with the field's verdicts",
        "version": "1",
        "contributor": f"{city.name_zh} {city.name_en}",
    }


def _image(number: int, picture: Picture) -> dict[str, Any]:
    one = picture.example
    return {
        "id": number,
        "file_name": picture.file_name,
        "width": picture.width_px,
        "height": picture.height_px,
        "license": LICENCE["id"],
        "steward": {
            "case_id": one.case_id,
            "verdict": one.verdict.value,
            "label": one.label,
            "place": one.place,
            "day": one.day.isoformat(),
            "model_digest": one.model_digest,
            "redaction": one.redaction,
        },
    }


def _annotation(number: int, image: int, picture: Picture, ids: dict[str, int]) -> dict[str, Any]:
    one = picture.example
    if one.box is None:
        raise AssertionError(f"picture {one.sha256} is confirmed and has no box")
    x, y, wide, tall = _pixels(one.box, picture.width_px, picture.height_px)
    return {
        "id": number,
        "image_id": image,
        "category_id": ids[one.label],
        "bbox": [x, y, wide, tall],
        "area": round(wide * tall, 2),
        "iscrowd": 0,
    }


def _pixels(box: Shares, width_px: int, height_px: int) -> tuple[float, float, float, float]:
    """x, y, width, height in pixels, to a hundredth."""
    x1, x2 = (round(share * width_px, 2) for share in (box[0], box[2]))
    y1, y2 = (round(share * height_px, 2) for share in (box[1], box[3]))
    return x1, y1, round(x2 - x1, 2), round(y2 - y1, 2)
