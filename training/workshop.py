"""From a recipe to trained weights: teach, synthesise, mix, train, stage by stage. What is done is not done again."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np

from training import mix as mixing
from training.errors import TrainingError
from training.mix import Item, Tally
from training.pictures import read_picture
from training.recipe import Recipe, StagePart, UsePart, WallPart
from training.said import read_said
from training.sources import Box, Photo, Source, boxes_of, parse_labels, photos, read_sources
from training.split import Split, split
from training.synthesis import Band, paste_ads

FONT_FOLDERS = (Path("/usr/share/fonts"), Path.home() / ".local/share/fonts", Path("/Library/Fonts"))

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Workshop:
    """A recipe and the folders it works in. `work` is the workshop's own; the others are only read."""

    recipe: Recipe
    sources: dict[str, Source]
    data: Path
    work: Path
    renders: Path | None
    say: Say
    threads: int = field(default_factory=lambda: len(os.sched_getaffinity(0)))

    def train_photos(self, name: str) -> tuple[Photo, ...]:
        """The photos of a source that may be trained on."""
        return self.split(name).train

    def split(self, name: str) -> Split:
        """A source's photos told apart by its rule."""
        source = self._source(name)
        return split(photos(source, self.data), source.split, self.recipe.held_out_share, self.recipe.seed)

    def own_boxes(self, photo: Photo, use: UsePart) -> list[Box]:
        return mixing.large_enough(boxes_of(photo, self._source(photo.source)), use.smallest_side)

    def said_path(self, teacher: str, source: str) -> Path:
        return self.work / "said" / teacher / f"{source}.jsonl"

    def _source(self, name: str) -> Source:
        if name not in self.sources:
            raise TrainingError(
                f"recipe {self.recipe.name!r}: no source {name!r} in sources.toml; known: {', '.join(self.sources)}."
            )
        return self.sources[name]


def open_workshop(
    recipe: Recipe, sources_path: Path, data: Path, work: Path, renders: Path | None, say: Say
) -> Workshop:
    """A workshop on these folders; makes `work`."""
    work.mkdir(parents=True, exist_ok=True)
    return Workshop(recipe, read_sources(sources_path), data, work, renders, say)


def run(shop: Workshop) -> Path:
    """The whole recipe; returns the final weights. Stopped and started again it goes on where it was."""
    from training.train import train_stage

    teach_all(shop)
    synthetic = synthesise(shop)
    weights = shop.data / shop.recipe.base
    for number, stage in enumerate(shop.recipe.stages):
        folder = shop.work / "stages" / stage.name
        if stage.self_teach and number > 0:
            self_teach(shop, weights, shop.recipe.stages[number - 1].name)
        data_file = folder / "data.yaml"
        if not data_file.is_file():
            before = shop.recipe.stages[number - 1].name if number else ""
            write_stage(shop, stage, synthetic, before, data_file)
        weights = train_stage(
            stage, data_file, weights, shop.recipe.architecture, folder, shop.recipe.seed, shop.threads
        )
        shop.say(f"stage {stage.name}: {weights}")
    return weights


def teach_all(shop: Workshop) -> None:
    """The COCO teacher looks at every source in the recipe, the validation photos included (for the report)."""
    from training.teachers import YoloTeacher, teach

    part = shop.recipe.teacher
    names = [use.source for use in shop.recipe.uses] + ["street_waste_val"]
    waiting = [
        name
        for name in names
        if len(read_said(shop.said_path(part.name, name))) < len(photos(shop.sources[name], shop.data))
    ]
    if waiting:
        teacher = YoloTeacher(shop.data / part.weights, part.input_px, part.classes, part.name)
        for name in waiting:
            looked = teach(teacher, photos(shop.sources[name], shop.data), shop.said_path(part.name, name))
            shop.say(f"{part.name} looked at {looked} photos of {name}")


def self_teach(shop: Workshop, weights: Path, stage_name: str) -> None:
    """The stage before looks at the photos to be trained on, for the labels that their sources leave out."""
    from training.teachers import YoloTeacher, teach

    classes = dict(enumerate(shop.recipe.labels))
    teacher: YoloTeacher | None = None
    for use in shop.recipe.uses:
        path, waiting = shop.said_path(stage_name, use.source), shop.train_photos(use.source)
        if len(read_said(path)) < len(waiting):
            teacher = teacher or YoloTeacher(weights, 640, classes, stage_name)
            teach(teacher, waiting, path)


def synthesise(shop: Workshop) -> list[tuple[Photo, Path, list[Box]]]:
    """Pictures with pasted ads: the photo each was made from, the picture, the ads on it. Made once and kept."""
    manifest, folder = shop.work / "synthetic" / "ads.jsonl", shop.work / "synthetic" / "images"
    if not manifest.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        fonts = find_fonts(shop.recipe.synthesis.fonts)
        rows = [row for wall in shop.recipe.synthesis.walls for row in _synthesise_from(shop, wall, fonts, folder)]
        manifest.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
        shop.say(f"{len(rows)} pictures with synthetic ads")
    by_name = {photo.name: photo for wall in shop.recipe.synthesis.walls for photo in shop.train_photos(wall.source)}
    made = [json.loads(line) for line in manifest.read_text("utf-8").splitlines()]
    return [
        (
            by_name[row["photo"]],
            folder / row["picture"],
            [Box("illegal_ad", *box, 1.0, "synthesis") for box in row["ads"]],
        )
        for row in made
    ]


def _synthesise_from(
    shop: Workshop, wall: WallPart, fonts: Sequence[Path], folder: Path
) -> Iterator[dict[str, object]]:
    """Paste ads onto a source's photos in a seeded order until there are enough."""
    seed, made = shop.recipe.seed, 0
    taught = read_said(shop.said_path(shop.recipe.teacher.name, wall.source))
    candidates = list(shop.train_photos(wall.source))
    np.random.default_rng(seed).shuffle(candidates)  # type: ignore[arg-type]
    source = shop.sources[wall.source]
    if not source.classes:  # signs, windows and doors: nothing of ours, but not wall either
        source = replace(source, classes=dict.fromkeys(range(100), "no_wall"))
    for photo in candidates:
        if made == wall.count:
            return
        taken = boxes_of(photo, source) + [box for box in taught.get(photo.name, []) if box.score > 0.3]
        pasted = paste_ads(
            read_picture(photo.picture), taken, Band(wall.top, wall.bottom, wall.near_boxes), fonts, seed, photo.name
        )
        if pasted is None:
            continue
        made += 1
        cv2.imwrite(str(folder / f"{photo.name}.jpg"), pasted.picture, [cv2.IMWRITE_JPEG_QUALITY, 90])
        ads = [[round(v, 5) for v in (box.x1, box.y1, box.x2, box.y2)] for box in pasted.ads]
        yield {"photo": photo.name, "picture": f"{photo.name}.jpg", "ads": ads}


def synthetic_held_out(shop: Workshop) -> list[Item]:
    """Held-out graffiti photos with ads pasted on them; the tags that they show keep their boxes."""
    wall = next((wall for wall in shop.recipe.synthesis.walls if wall.source == "graffiti"), None)
    folder = shop.work / "synthetic" / "held_out"
    folder.mkdir(parents=True, exist_ok=True)
    fonts, items = find_fonts(shop.recipe.synthesis.fonts), []
    for photo in shop.split("graffiti").held_out[::2] if wall else ():
        own = boxes_of(photo, shop.sources["graffiti"])
        picture = folder / f"{photo.name}.jpg"
        band = Band(wall.top, wall.bottom, wall.near_boxes)
        pasted = paste_ads(read_picture(photo.picture), own, band, fonts, shop.recipe.seed + 1, photo.name)
        if pasted is not None:
            cv2.imwrite(str(picture), pasted.picture, [cv2.IMWRITE_JPEG_QUALITY, 90])
            items.append(Item(photo.name, picture, (*own, *pasted.ads)))
    return items


def find_fonts(names: Sequence[str]) -> list[Path]:
    """The recipe's fonts among the system's; raises TrainingError if none is installed."""
    found = [
        path for name in names for folder in FONT_FOLDERS if folder.is_dir() for path in sorted(folder.rglob(name))[:1]
    ]
    if not found:
        raise TrainingError(
            f"none of the fonts {', '.join(names)} is installed; "
            "on Debian: apt install fonts-noto-cjk fonts-wqy-zenhei."
        )
    return found


def write_stage(
    shop: Workshop, stage: StagePart, synthetic: Sequence[tuple[Photo, Path, list[Box]]], before: str, data_file: Path
) -> None:
    """Lay out a stage's mix and the file that the trainer reads; says what went in and what was left out."""
    tally = Tally()
    items = [*_photo_items(shop, stage, before, tally), *_synthetic_items(shop, stage, synthetic, before, tally)]
    if stage.renders:
        items += render_items(shop, held_out=False)
    data_file.parent.mkdir(parents=True, exist_ok=True)
    listed = mixing.write_mix(items, shop.recipe.labels, data_file.parent / "mix", "train", tally)
    names = "".join(f"  {place}: {label}\n" for place, label in enumerate(shop.recipe.labels))
    data_file.write_text(
        f"path: {data_file.parent}\ntrain: {listed}\nval: {_unused_list(listed)}\nnames:\n{names}", "utf-8"
    )
    report = {"pictures": tally.pictures, "boxes": tally.boxes, "taught": tally.taught, "left_out": tally.left_out}
    (data_file.parent / "mix.json").write_text(json.dumps(report, indent=1), "utf-8")
    shop.say(f"stage {stage.name}: {sum(tally.pictures.values())} pictures; {json.dumps(report)}")


def _unused_list(listed: Path) -> Path:
    """The trainer wants a validation list; ours looks at none, so it is given a few training pictures."""
    short = listed.with_name("unused_val.txt")
    short.write_text("\n".join(listed.read_text("utf-8").splitlines()[:4]) + "\n", "utf-8")
    return short


def _filled(
    shop: Workshop, stage: StagePart, use: UsePart, own: list[Box], said: Sequence[list[Box]], tally: Tally
) -> list[Box]:
    boxes = mixing.fill_in(own, said[0], shop.recipe.teacher.thresholds, use.complete, tally)
    return mixing.fill_in(boxes, said[1], stage.self_teach, use.complete, tally)


def _photo_items(shop: Workshop, stage: StagePart, before: str, tally: Tally) -> Iterator[Item]:
    for use in shop.recipe.uses:
        taught = read_said(shop.said_path(shop.recipe.teacher.name, use.source))
        self_taught = read_said(shop.said_path(before, use.source)) if stage.self_teach else {}
        chosen = shop.train_photos(use.source)
        for photo in mixing.one_of_each(chosen) if use.one_of_each else chosen:
            said = [taught.get(photo.name, []), self_taught.get(photo.name, [])]
            yield mixing.item_of(photo, _filled(shop, stage, use, shop.own_boxes(photo, use), said, tally), use)


def _synthetic_items(
    shop: Workshop, stage: StagePart, synthetic: Sequence[tuple[Photo, Path, list[Box]]], before: str, tally: Tally
) -> Iterator[Item]:
    uses = {use.source: use for use in shop.recipe.uses}
    said = {name: read_said(shop.said_path(shop.recipe.teacher.name, name)) for name in uses}
    self_said = {name: read_said(shop.said_path(before, name)) if stage.self_teach else {} for name in uses}
    for photo, picture, ads in synthetic:
        use = uses[photo.source]
        taught = [said[photo.source].get(photo.name, []), self_said[photo.source].get(photo.name, [])]
        boxes = _filled(shop, stage, use, ads + shop.own_boxes(photo, use), taught, tally)
        yield Item(f"synthetic_ads__{photo.name}", picture, tuple(boxes), shop.recipe.synthesis.repeat)


def render_items(shop: Workshop, held_out: bool) -> list[Item]:
    """Rendered frames, which carry every label; whole scenes are held out, as scenes share their things."""
    if shop.renders is None:
        raise TrainingError(
            f"recipe {shop.recipe.name!r} mixes rendered frames: pass --renders with the folder that holds them."
        )
    frames = sorted((shop.renders / "images").iterdir()) if (shop.renders / "images").is_dir() else []
    if not frames:
        raise TrainingError(
            f"{shop.renders / 'images'}: no rendered frames; render them first (steward train renders)."
        )
    scenes = sorted({scene_of(frame) for frame in frames})
    held = set(scenes[: max(1, round(shop.recipe.renders.held_out_share * len(scenes)))])
    items = []
    for frame in frames:
        if (scene_of(frame) in held) is held_out:
            labels = shop.renders / "labels" / f"{frame.stem}.txt"
            parsed = parse_labels(labels.read_text("utf-8"), str(labels)) if labels.is_file() else ()
            boxes = tuple(Box(shop.recipe.labels[b.number], b.x1, b.y1, b.x2, b.y2, 1.0, "render") for b in parsed)
            items.append(Item(f"renders__{frame.stem}", frame, boxes, shop.recipe.renders.repeat))
    return items


def scene_of(frame: Path) -> str:
    """The scene (seed) that a frame shows: its name up to the last underscore."""
    return frame.stem.rpartition("_")[0]
