"""COCO json: `annotations.json` beside `images/`. Categories are told apart by name, since exporters number at will."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.table import fault_at
from training.dataset.reading import (
    MAX_ANNOTATIONS_BYTES,
    Fault,
    Marked,
    Reading,
    counted,
    inside,
    read_bytes,
    settle,
)
from training.errors import TrainingError
from training.sources import Photo, Source

FILE: Final = "annotations.json"
Px = Annotated[float, Field(allow_inf_nan=False)]
Side = Annotated[int, Field(gt=0, le=100_000)]


class CocoPart(BaseModel):
    """Fields beyond those we read are allowed: exporters add their own."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class FieldWord(CocoPart):
    """What the server says of a picture: what people decided, about which label, where and when it was taken."""

    label: str | None = None
    verdict: Literal["confirmed", "dismissed"] | None = None
    place: str | None = Field(default=None, pattern=r"^[0-9a-f]{1,16}$")
    day: str | None = Field(default=None, pattern=r"^\d{4}-\d{2}-\d{2}$")


class Image(CocoPart):
    id: int | str
    file_name: Annotated[str, Field(min_length=1, max_length=500)]
    width: Side
    height: Side
    steward: FieldWord = FieldWord()


class Annotation(CocoPart):
    """bbox: left, top, width, height in pixels."""

    image_id: int | str
    category_id: int
    bbox: tuple[Px, Px, Px, Px]
    iscrowd: int = 0


class Category(CocoPart):
    id: int
    name: str


class Coco(CocoPart):
    images: tuple[Image, ...]
    annotations: tuple[Annotation, ...]
    categories: tuple[Category, ...]


def read(source: Source, folder: Path) -> list[Reading]:
    """Every picture that the file lists, in name order."""
    return [reading for _, reading in told(source, folder)]


def told(source: Source, folder: Path) -> list[tuple[FieldWord, Reading]]:
    """Every picture that the file lists, in name order, with what the server says of it."""
    path = folder / FILE
    coco = _parse(path)
    counted(len(coco.images), str(path))
    by_image = _by_image(coco, path)
    label_of = {category.id: source.names.get(category.name) for category in coco.categories}
    found: dict[str, tuple[FieldWord, Reading]] = {}
    for number, image in enumerate(coco.images):
        where = f"{path}, field images.{number}.file_name"
        if image.file_name in found:
            raise TrainingError(f"{where}: {image.file_name[:80]!r} stands twice; list each picture once.")
        picture = inside(folder, "images", image.file_name, where)
        photo = Photo(source.name, picture, path, image.steward.place, image.steward.day)
        found[image.file_name] = image.steward, _reading(photo, image, by_image[image.id], label_of, str(path))
    return [found[name] for name in sorted(found)]


def _parse(path: Path) -> Coco:
    try:
        return Coco.model_validate_json(read_bytes(path, MAX_ANNOTATIONS_BYTES))
    except ValidationError as error:
        raise TrainingError(f"{fault_at(str(path), error)}.") from None


def _by_image(coco: Coco, path: Path) -> dict[int | str, list[Annotation]]:
    """The annotations of each picture; refuses one that names a picture or category that is not there."""
    grouped: dict[int | str, list[Annotation]] = {}
    for number, image in enumerate(coco.images):
        if image.id in grouped:
            raise TrainingError(f"{path}, field images.{number}.id: {image.id!r} stands twice.")
        grouped[image.id] = []
    categories = {category.id for category in coco.categories}
    for number, annotation in enumerate(coco.annotations):
        if annotation.image_id not in grouped:
            raise TrainingError(
                f"{path}, field annotations.{number}.image_id: there is no image {annotation.image_id!r}."
            )
        if annotation.category_id not in categories:
            raise TrainingError(
                f"{path}, field annotations.{number}.category_id: there is no category {annotation.category_id}."
            )
        grouped[annotation.image_id].append(annotation)
    return grouped


def _reading(
    photo: Photo, image: Image, annotations: list[Annotation], label_of: dict[int, str | None], where: str
) -> Reading:
    marked = []
    for one in annotations:
        left, top, width, height = one.bbox
        if not one.iscrowd:
            x1, y1 = left / image.width, top / image.height
            x2, y2 = (left + width) / image.width, (top + height) / image.height
            marked.append(Marked(label_of[one.category_id], x1, y1, x2, y2))
    boxes, faults = settle(marked, f"{where}, image {image.file_name[:80]!r}")
    crowds = (Fault.CROWD,) * (len(annotations) - len(marked))
    return Reading(photo, boxes, faults + crowds, stated_px=(image.width, image.height))
