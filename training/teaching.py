"""Has the recipe's teachers, and later its own stages, look at the photos. What was said before is not asked again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from training.heads import heads
from training.pictures import Image
from training.recipe import TeacherPart
from training.sources import Box, photos
from training.teachers import Teacher, YoloTeacher, teach
from training.workshop import Workshop

SELF_TEACHING_PX = 640


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


def teach_all(shop: Workshop) -> None:
    """Every teacher looks at every source, the validation photos included (for the report)."""
    for part in shop.recipe.teachers:
        for name in shop.shown():
            shown = photos(shop.source(name), shop.data)
            if len(shop.said(part.name, name)) < len(shown):
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
    return YoloTeacher(shop.data / part.weights, part.input_px, part.classes, part.name, shop.threads)


def self_teach(shop: Workshop, number: int) -> None:
    """The weights of a stage look at the photos to be trained on, for the labels that their sources leave out."""
    name, stage = shop.stage_name(number), shop.recipe.stages[number]
    weights = shop.work / "stages" / stage.name / "weights" / "final.pt"
    teacher: YoloTeacher | None = None
    for use in shop.recipe.uses:
        waiting = shop.split(use.source).train
        if len(shop.said(name, use.source)) < len(waiting):
            classes = dict(enumerate(shop.recipe.labels))
            teacher = teacher or YoloTeacher(weights, SELF_TEACHING_PX, classes, name, shop.threads, mirror=False)
            looked = teach(teacher, waiting, shop.said_path(name, use.source))
            shop.say(f"{name} looked at {looked} photos of {use.source}")
