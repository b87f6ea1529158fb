"""Pictures that the recipe draws: photos with small ads on their walls, or with plates on their vehicles."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from training.errors import TrainingError
from training.files import write_whole
from training.mix import Item
from training.pictures import Image, read_picture, write_jpeg
from training.plates import hang_plates
from training.recipe import WallPart
from training.sources import Box, Photo, boxes_of
from training.synthesis.picture import Pasted, paste_ads
from training.synthesis.walls import Band
from training.workshop import Workshop

FONT_FOLDERS: Final = (Path("/usr/share/fonts"), Path.home() / ".local/share/fonts", Path("/Library/Fonts"))
CERTAIN: Final = 0.4
"""From which score a taught vehicle gets a plate."""
IN_THE_WAY: Final = 0.3
"""From which score a taught box is not pasted over."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """The photo that a picture was made from, the picture's file, and the boxes of what was drawn onto it."""

    photo: Photo
    picture: Path
    boxes: tuple[Box, ...]


def draw_all(shop: Workshop) -> list[Drawn]:
    """Every drawn picture of the recipe. Made once and kept, with a list of what was drawn where."""
    if not shop.recipe.synthesis.walls:
        return []
    folder = shop.work / "synthetic" / "images"
    listed = folder.parent / "drawn.jsonl"
    if not listed.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        fonts = find_fonts(shop.recipe.synthesis.fonts)
        drawn = [one for wall in shop.recipe.synthesis.walls for one in _draw_from(shop, wall, fonts, folder)]
        rows = [
            {
                "photo": one.photo.name,
                "picture": one.picture.name,
                "boxes": [[box.label, *(round(v, 5) for v in (box.x1, box.y1, box.x2, box.y2))] for box in one.boxes],
            }
            for one in drawn
        ]
        write_whole(listed, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode())
        shop.say(f"{len(rows)} pictures drawn")
    by_name = {photo.name: photo for wall in shop.recipe.synthesis.walls for photo in shop.split(wall.source).train}
    told = [json.loads(line) for line in listed.read_text("utf-8").splitlines()]
    gone = sorted({row["photo"] for row in told} - by_name.keys())
    if gone:
        raise TrainingError(
            f"{listed}: {len(gone)} pictures are drawn onto photos that are not trained on now (the first: {gone[0]}). "
            "Remove its folder, and all are drawn anew."
        )
    return [
        Drawn(by_name[row["photo"]], folder / row["picture"], tuple(_drawn_box(*box) for box in row["boxes"]))
        for row in told
    ]


def _drawn_box(label: str, x1: float, y1: float, x2: float, y2: float) -> Box:
    return Box(label, x1, y1, x2, y2, by="synthesis")


def _draw_from(shop: Workshop, wall: WallPart, fonts: Sequence[Path], folder: Path) -> Iterator[Drawn]:
    """Draw onto a source's photos in a seeded order until there are enough."""
    made, taught = 0, shop.taught(wall.source)
    candidates = list(shop.split(wall.source).train)
    np.random.default_rng(shop.recipe.seed).shuffle(candidates)
    for photo in candidates:
        if made == wall.count:
            return
        pasted = _draw_on(shop, wall, photo, read_picture(photo.picture), taught.get(photo.name, []), fonts)
        if pasted is not None:
            made += 1
            picture = folder / f"{photo.name}.jpg"
            write_jpeg(picture, pasted.picture, 90)
            yield Drawn(photo, picture, pasted.ads)


def _draw_on(
    shop: Workshop, wall: WallPart, photo: Photo, picture: Image, taught: Sequence[Box], fonts: Sequence[Path]
) -> Pasted | None:
    seed = shop.recipe.seed
    if shop.recipe.synthesis.kind == "plates":
        return hang_plates(picture, [box for box in taught if box.score > CERTAIN], fonts, seed, photo.name)
    source = shop.source(wall.source)
    if not source.classes:  # signs, windows and doors: nothing of ours, but not wall either
        source = replace(source, classes=dict.fromkeys(range(100), "no_wall"))
    taken = [*boxes_of(photo, source), *(box for box in taught if box.score > IN_THE_WAY)]
    return paste_ads(picture, taken, _band(wall), fonts, seed, photo.name)


def drawn_held_out(shop: Workshop, source: str) -> list[Item]:
    """Every second held-out photo of a source with ads pasted on it; what the source labels keeps its boxes."""
    walls = [wall for wall in shop.recipe.synthesis.walls if wall.source == source]
    if not walls or shop.recipe.synthesis.kind != "ads":
        return []
    folder = shop.work / "synthetic" / "held_out"
    folder.mkdir(parents=True, exist_ok=True)
    fonts, items = find_fonts(shop.recipe.synthesis.fonts), []
    band = _band(walls[0])
    for photo in shop.split(source).held_out[::2]:
        own, picture = shop.own_boxes(photo), folder / f"{photo.name}.jpg"
        pasted = paste_ads(read_picture(photo.picture), own, band, fonts, shop.recipe.seed + 1, photo.name)
        if pasted is not None:
            write_jpeg(picture, pasted.picture, 90)
            items.append(Item(photo.name, picture, (*own, *pasted.ads)))
    return items


def _band(wall: WallPart) -> Band:
    return Band(wall.top, wall.bottom, wall.near_boxes, wall.widest)


def find_fonts(names: Sequence[str]) -> list[Path]:
    """The recipe's fonts among the system's; raises TrainingError if none is installed."""
    folders = [folder for folder in FONT_FOLDERS if folder.is_dir()]
    found = [path for name in names for folder in folders for path in sorted(folder.rglob(name))[:1]]
    if not found:
        raise TrainingError(
            f"none of the fonts {', '.join(names)} is installed; "
            "on Debian: apt install fonts-noto-cjk fonts-wqy-zenhei fonts-arphic-gkai00mp."
        )
    return found
