"""Has the recipe's teachers, and later its own stages, look at the photos. What was said before is not asked again."""

from __future__ import annotations

from training.recipe import TeacherPart
from training.sources import photos
from training.teachers import Teacher, YoloTeacher, teach
from training.workshop import Workshop

SELF_TEACHING_PX = 640


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
