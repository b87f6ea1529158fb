"""Has the recipe's teachers look at the photos. What was said before is not asked again."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from models.store import open_detector
from training.cardfile import store_of
from training.heads import heads
from training.pictures import Image
from training.recipe import TeacherPart
from training.sources import Box
from training.teachers import KEPT_FROM, Teacher, YoloTeacher, teach
from training.workshop import Workshop


class HeadTeacher:
    """Says where the heads of another teacher's persons are."""

    def __init__(self, name: str, seen: Mapping[str, Sequence[Box]]) -> None:
        self.name = name
        self._seen = seen

    def look(self, pictures: Sequence[Image], names: Sequence[str]) -> list[list[Box]]:
        return [
            heads(self._seen.get(name, ()), picture.shape[1], picture.shape[0], self.name)
            for picture, name in zip(pictures, names, strict=True)
        ]


class CardTeacher:
    """A model of ours that has shipped says what it sees of some labels, through its ONNX file as a vehicle runs it."""

    def __init__(self, name: str, card_path: Path, labels: Collection[str]) -> None:
        self.name = name
        self._labels = labels
        self._detector = open_detector(card_path.stem, store_of(card_path), threads=1)

    def look(self, pictures: Sequence[Image], names: Sequence[str]) -> list[list[Box]]:  # noqa: ARG002
        return [list(self._boxes(picture)) for picture in pictures]

    def _boxes(self, picture: Image) -> Iterator[Box]:
        height, width = picture.shape[:2]
        found = self._detector.detect(picture, KEPT_FROM)
        for xyxy, score, label in zip(found.xyxy.tolist(), found.score.tolist(), found.label.tolist(), strict=True):
            name = self._detector.card.labels[label]
            if name in self._labels:
                x1, y1, x2, y2 = xyxy
                yield Box(name, x1 / width, y1 / height, x2 / width, y2 / height, score, self.name)


def teach_all(shop: Workshop) -> None:
    """Every teacher looks at every source, the validation photos included (for the report)."""
    for part in shop.recipe.teachers:
        for name in shop.shown():
            shown = shop.photos(name)
            if {photo.name for photo in shown} - shop.said(part.name, name).keys():
                looked = teach(_teacher(shop, part, name), shown, shop.said_path(part.name, name))
                shop.say(f"{part.name} looked at {looked} photos of {name}")


def _teacher(shop: Workshop, part: TeacherPart, source: str) -> Teacher:
    if part.kind == "privacy":
        from training.privacy_teachers import PrivacyTeacher

        return PrivacyTeacher(
            part.name, shop.data / part.weights, shop.data / part.anchors, shop.said(part.after, source)
        )
    if part.kind == "heads":
        return HeadTeacher(part.name, shop.said(part.after, source))
    if part.kind == "card":
        return CardTeacher(part.name, Path(part.weights), part.thresholds)
    return YoloTeacher(shop.data / part.weights, part.input_px, part.classes, part.name, shop.threads)
