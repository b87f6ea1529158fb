"""Runs a recipe: teach, draw, and then stage by stage mix and train. What is done already is not done again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from training import mix as mixing
from training.drawing import Drawn, draw_all
from training.errors import TrainingError
from training.mix import Item, Tally
from training.recipe import StagePart, UsePart
from training.sources import Box, parse_labels
from training.workshop import Workshop


def run(shop: Workshop) -> Path:
    """The whole recipe; returns the final weights. Stopped and started again it goes on where it was."""
    from training.teaching import self_teach, teach_all
    from training.train import train_stage

    teach_all(shop)
    drawn = draw_all(shop)
    weights = shop.data / shop.recipe.base
    for number, stage in enumerate(shop.recipe.stages):
        folder = shop.work / "stages" / stage.name
        data_file = folder / "data.yaml"
        if not data_file.is_file():
            if stage.self_teach and number > 0:
                self_teach(shop, number - 1)
            write_stage(shop, number, drawn, data_file)
        weights = train_stage(
            stage, data_file, weights, shop.recipe.architecture, folder, shop.recipe.seed, shop.threads
        )
        shop.say(f"stage {stage.name}: {weights}")
    return weights


def write_stage(shop: Workshop, number: int, drawn: Sequence[Drawn], data_file: Path) -> None:
    """Lay out a stage's mix and the file that the trainer reads; says what went in and what was left out."""
    stage, tally = shop.recipe.stages[number], Tally()
    before = shop.stage_name(number - 1) if stage.self_teach and number > 0 else None
    items = [*_photo_items(shop, stage, before, tally), *_drawn_items(shop, stage, drawn, before, tally)]
    if stage.renders:
        items += render_items(shop, held_out=False)
    data_file.parent.mkdir(parents=True, exist_ok=True)
    listed = mixing.write_mix(items, shop.recipe.labels, data_file.parent / "mix", "train", tally)
    names = "".join(f"  {place}: {label}\n" for place, label in enumerate(shop.recipe.labels))
    unused = _unused_list(listed)
    data_file.write_text(f"path: {data_file.parent}\ntrain: {listed}\nval: {unused}\nnames:\n{names}", "utf-8")
    report = {part: dict(getattr(tally, part)) for part in ("pictures", "boxes", "taught", "left_out")}
    (data_file.parent / "mix.json").write_text(json.dumps(report, indent=1), "utf-8")
    shop.say(f"stage {stage.name}: {sum(tally.pictures.values())} pictures; {json.dumps(report)}")


def _unused_list(listed: Path) -> Path:
    """The trainer wants a validation list; ours looks at none, so it is given a few training pictures."""
    short = listed.with_name("unused_val.txt")
    short.write_text("\n".join(listed.read_text("utf-8").splitlines()[:4]) + "\n", "utf-8")
    return short


def _filled(
    shop: Workshop, stage: StagePart, use: UsePart, own: Sequence[Box], said: Sequence[Sequence[Box]], tally: Tally
) -> list[Box]:
    """A photo's own boxes, then the teachers', then those of the stage before."""
    boxes = mixing.fill_in(own, said[0], shop.recipe.thresholds, use.complete, tally)
    return mixing.fill_in(boxes, said[1], stage.self_teach, use.complete, tally)


def _photo_items(shop: Workshop, stage: StagePart, before: str | None, tally: Tally) -> Iterator[Item]:
    for use in shop.recipe.uses:
        taught = shop.taught(use.source)
        self_taught = shop.said(before, use.source) if before else {}
        chosen = shop.split(use.source).train
        for photo in mixing.one_of_each(chosen) if use.one_of_each else chosen:
            own = mixing.large_enough(shop.own_boxes(photo), use.smallest_side)
            said = (taught.get(photo.name, []), self_taught.get(photo.name, []))
            boxes = _filled(shop, stage, use, own, said, tally)
            if boxes or not use.only_with_boxes:
                yield mixing.item_of(photo, boxes, use)
            else:
                tally.left_out["photo_without_boxes"] += 1


def _drawn_items(
    shop: Workshop, stage: StagePart, drawn: Sequence[Drawn], before: str | None, tally: Tally
) -> Iterator[Item]:
    uses = {use.source: use for use in shop.recipe.uses}
    taught = {name: shop.taught(name) for name in uses}
    self_taught = {name: shop.said(before, name) if before else {} for name in uses}
    for one in drawn:
        name, source = one.photo.name, one.photo.source
        own = [*one.boxes, *shop.own_boxes(one.photo)]
        said = (taught[source].get(name, []), self_taught[source].get(name, []))
        boxes = _filled(shop, stage, uses[source], own, said, tally)
        yield Item(
            f"drawn_{shop.recipe.synthesis.kind}__{name}", one.picture, tuple(boxes), shop.recipe.synthesis.repeat
        )


def render_items(shop: Workshop, held_out: bool) -> list[Item]:
    """Rendered frames, which carry every label; whole scenes are held out, as a scene's frames share their things."""
    if shop.renders is None:
        raise TrainingError(f"recipe {shop.recipe.name!r} mixes rendered frames: pass --renders with their folder.")
    folder = shop.renders / "images"
    frames = sorted(folder.iterdir()) if folder.is_dir() else []
    if not frames:
        raise TrainingError(f"{folder}: no rendered frames here; render some first, or pass another --renders.")
    scenes = sorted({scene_of(frame) for frame in frames})
    held = set(scenes[: max(1, round(shop.recipe.renders.held_out_share * len(scenes)))])
    items = []
    for frame in frames:
        if (scene_of(frame) in held) is held_out:
            labels = shop.renders / shop.recipe.renders.labels / f"{frame.stem}.txt"
            parsed = parse_labels(labels.read_text("utf-8"), str(labels)) if labels.is_file() else ()
            boxes = tuple(Box(shop.recipe.labels[b.number], b.x1, b.y1, b.x2, b.y2, 1.0, "render") for b in parsed)
            items.append(Item(f"renders__{frame.stem}", frame, boxes, shop.recipe.renders.repeat))
    return items


def scene_of(frame: Path) -> str:
    """The scene (its seed) that a frame shows: the file's name up to its last underscore."""
    return frame.stem.rpartition("_")[0]
