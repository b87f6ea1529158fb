"""Runs a recipe: teach, draw, and then stage by stage mix and train. What is done already is not done again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from training import mix as mixing
from training.drawing import Drawn, draw_all
from training.errors import TrainingError
from training.files import write_whole
from training.mix import Item, Tally
from training.sources import IGNORED, Box, parse_labels
from training.workshop import Workshop

DATA_FILE: Final = "data.yaml"
TOLD: Final = "mix.json"


def run(shop: Workshop) -> Path:
    """The whole recipe; returns the final weights. Stopped and started again it goes on where it was."""
    from training.restart import start_weights
    from training.teaching import teach_all
    from training.train import train_stage

    teach_all(shop)
    drawn = draw_all(shop)
    weights = start_weights(shop)
    for number, stage in enumerate(shop.recipe.stages):
        folder = shop.work / "stages" / stage.name
        data_file = folder / DATA_FILE
        if not is_laid_out(shop, number, data_file):
            write_stage(shop, number, drawn, data_file)
        weights = train_stage(
            stage, data_file, weights, shop.recipe.architecture, folder, shop.recipe.seed, shop.threads
        )
        shop.say(f"stage {stage.name}: {weights}")
    return weights


def is_laid_out(shop: Workshop, number: int, data_file: Path) -> bool:
    """Whether a stage's mix is there, and of what the recipe and its sources say now.

    Raises TrainingError where it is of something else and was trained on: what came of it would pass for something that
    it is not.
    """
    if not data_file.is_file():
        return False
    told = data_file.with_name(TOLD)
    made_of = json.loads(told.read_text("utf-8")).get("made_of") if told.is_file() else None
    if made_of in (None, _made_of(shop, number)):
        return True
    if any(data_file.parent.glob("weights/*.pt")):
        raise TrainingError(
            f"{data_file.parent}: was laid out and trained on before the recipe or the photos of its sources changed. "
            "Train anew with another --work, or remove that folder; or put back what it was made of, to go on with it."
        )
    return False


def _made_of(shop: Workshop, number: int) -> str:
    """SHA-256 over what decides what a stage trains on and how: recipe, stage, and the photos of each source."""
    recipe = shop.recipe.model_dump(mode="json", exclude={"version", "stages", "publish", "int8"})
    stage = shop.recipe.stages[number].model_dump(mode="json")
    photos = {use.source: [photo.name for photo in shop.split(use.source).train] for use in shop.recipe.uses}
    return hashlib.sha256(json.dumps([recipe, stage, photos], sort_keys=True).encode()).hexdigest()


def write_stage(shop: Workshop, number: int, drawn: Sequence[Drawn], data_file: Path) -> None:
    """Lay out a stage's mix and the file that the trainer reads; says what went in and what was left out."""
    stage, tally = shop.recipe.stages[number], Tally()
    share = shop.recipe.share
    kept = [one for one in drawn if mixing.has_part(one.photo, share)]
    items = [*_photo_items(shop, tally), *_drawn_items(shop, kept, tally)]
    items = [replace(item, repeat=item.repeat * round(1 / share)) for item in items]
    if stage.renders:
        items += render_items(shop, held_out=False)
    data_file.parent.mkdir(parents=True, exist_ok=True)
    listed = mixing.write_mix(items, shop.recipe.labels, data_file.parent / "mix", "train", tally)
    classes = [*shop.recipe.labels, *(f"{IGNORED}{label}" for label in shop.recipe.labels)]
    names = "".join(f"  {place}: {label}\n" for place, label in enumerate(classes))
    unused = _unused_list(listed)
    report = {part: dict(getattr(tally, part)) for part in ("pictures", "boxes", "taught", "ignored", "left_out")}
    told = {"made_of": _made_of(shop, number), **report}
    write_whole(data_file.with_name(TOLD), json.dumps(told, indent=1).encode())
    # Last and whole, since a stage that has this file is taken to be laid out.
    fed = f"path: {data_file.parent}\ntrain: {listed}\nval: {unused}\nnames:\n{names}"
    write_whole(data_file, fed.encode())
    shop.say(f"stage {stage.name}: {sum(tally.pictures.values())} pictures; {json.dumps(report)}")


def _unused_list(listed: Path) -> Path:
    """The trainer wants a validation list; ours looks at none, so it is given a few training pictures."""
    short = listed.with_name("unused_val.txt")
    short.write_text("\n".join(listed.read_text("utf-8").splitlines()[:4]) + "\n", "utf-8")
    return short


def _photo_items(shop: Workshop, tally: Tally) -> Iterator[Item]:
    for use in shop.recipe.uses:
        taught = shop.taught(use.source)
        chosen = [photo for photo in shop.split(use.source).train if mixing.has_part(photo, shop.recipe.share)]
        for photo in mixing.one_of_each(chosen) if use.one_of_each else chosen:
            own = mixing.large_enough(shop.own_boxes(photo), use.smallest_side)
            said, unspoken = taught.get(photo.name, []), shop.unspoken(photo)
            filled = mixing.fill_in(own, said, shop.recipe.bars, use.complete, tally, unspoken)
            if filled.boxes or not use.only_with_boxes:
                yield mixing.item_of(photo, filled, use)
            else:
                tally.left_out["photo_without_boxes"] += 1


def _drawn_items(shop: Workshop, drawn: Sequence[Drawn], tally: Tally) -> Iterator[Item]:
    uses = {use.source: use for use in shop.recipe.uses}
    taught = {name: shop.taught(name) for name in uses}
    name = f"drawn_{shop.recipe.synthesis.kind}"
    for one in drawn:
        photo = one.photo
        own, said = [*one.boxes, *shop.own_boxes(photo)], taught[photo.source].get(photo.name, [])
        unspoken = shop.unspoken(photo)
        filled = mixing.fill_in(own, said, shop.recipe.bars, uses[photo.source].complete, tally, unspoken)
        boxes, ignored, repeat = filled.boxes, filled.ignored, shop.recipe.synthesis.repeat
        yield Item(f"{name}__{photo.name}", one.picture, boxes, repeat, ignored=ignored)


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
