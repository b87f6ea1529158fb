"""The verdicts as a folder in COCO's format: what the workshop trains on.

images/SHA256.jpg, and annotations.json in which every image has a `steward` object. A confirmed sighting has one
annotation, a dismissed one has none. The same records give the same bytes.
"""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from PIL import Image
from sqlalchemy.orm import Session

from models.wholefile import whole_folder
from pipeline.observation import Shares
from server.errors import SetupError
from server.learning.examples import Example, LeftOut, one_a_picture, sift
from server.learning.judged import every_judged
from server.learning.verdicts import Unjudged, Verdict
from server.pictures.objects import Objects
from server.setup.city import City

IMAGES: Final = "images"
ANNOTATIONS: Final = "annotations.json"
LICENCE: Final = {"id": 1, "name": "The city's own pictures: not for publication", "url": ""}


@dataclass(frozen=True, slots=True)
class Report:
    """What became of every observation asked for: observations = written + left out + unjudged, each by its kind."""

    written: Counter[tuple[Verdict, str]]
    left_out: Counter[LeftOut]
    unjudged: Counter[Unjudged]


@dataclass(frozen=True, slots=True)
class _Picture:
    example: Example
    width_px: int
    height_px: int


def export(
    session: Session,
    city: City,
    objects: Objects,
    out: Path,
    since_ns: int = 0,
    shown: Callable[[list[Example]], Iterable[Example]] = iter,
) -> Report:
    """Write the folder, in the order of the observations' ids. `shown` may show progress as the pictures are copied.

    Raises SetupError where `out` holds something already; the folder appears whole or not at all.
    """
    found: list[Example] = []
    left_out: Counter[LeftOut] = Counter()
    unjudged: Counter[Unjudged] = Counter()
    for page in every_judged(session, since_ns):
        sifted = sift(session, city, page)
        found += sifted.examples
        left_out += sifted.left_out
        unjudged += sifted.unjudged
    examples, twice = one_a_picture(found)
    left_out += twice
    with whole_folder(out, SetupError) as draft:
        written = _write(draft, city, shown(examples), objects)
    lost = len(examples) - written.total()
    if lost:
        left_out[LeftOut.NOT_STORED] += lost
    return Report(written, left_out, unjudged)


def _write(folder: Path, city: City, examples: Iterable[Example], objects: Objects) -> Counter[tuple[Verdict, str]]:
    """Pictures, then annotations; those whose bytes are not there, or no longer what they were, are left out."""
    (folder / IMAGES).mkdir()
    pictures: list[_Picture] = []
    for one in examples:
        content = objects.get(one.sha256)
        if content is None:
            continue
        with Image.open(io.BytesIO(content), formats=["JPEG"]) as opened:
            pictures.append(_Picture(one, opened.width, opened.height))
        (folder / IMAGES / _file_name(one)).write_bytes(content)
    text = json.dumps(_coco(city, pictures), ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    (folder / ANNOTATIONS).write_text(text, "utf-8")
    return Counter((picture.example.verdict, picture.example.label) for picture in pictures)


def _coco(city: City, pictures: Sequence[_Picture]) -> dict[str, Any]:
    """Category ids are places in the city's list of labels, so that they stay when an export holds fewer labels."""
    ids = {label: number for number, label in enumerate(city.taxonomy.labels, 1)}
    used = {picture.example.label for picture in pictures}
    confirmed = [
        (number, picture) for number, picture in enumerate(pictures, 1) if picture.example.verdict is Verdict.CONFIRMED
    ]
    return {
        "info": {
            "description": "City Steward: sightings with the field's verdicts",
            "version": "1",
            "contributor": f"{city.name_zh} {city.name_en}",
        },
        "licenses": [LICENCE],
        "images": [_image(number, picture) for number, picture in enumerate(pictures, 1)],
        "annotations": [
            _annotation(number, image, picture, ids) for number, (image, picture) in enumerate(confirmed, 1)
        ],
        "categories": [{"id": ids[label], "name": label, "supercategory": ""} for label in ids if label in used],
    }


def _image(number: int, picture: _Picture) -> dict[str, Any]:
    one = picture.example
    return {
        "id": number,
        "file_name": _file_name(one),
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


def _annotation(number: int, image: int, picture: _Picture, ids: dict[str, int]) -> dict[str, Any]:
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


def _file_name(one: Example) -> str:
    return f"{one.sha256}.jpg"
