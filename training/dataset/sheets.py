"""Contact sheets: some pictures of each label with their boxes, to be looked at before anything is trained."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont, ImageOps

from training.dataset.copies import Pair
from training.dataset.gather import Side
from training.dataset.naming import Row, plain
from training.dataset.plan import Plan
from training.dataset.progress import Watch
from training.sources import Box

TILE_PX: Final = 240
CAPTION_PX: Final = 16
COLUMNS: Final = 6
EACH_SIDE: Final = 12
"""Pictures of each side of the split on a sheet."""
MOST_PAIRS: Final = 24
WITHOUT_BOXES: Final = "without_boxes"
LEFT_OUT: Final = "left_out"
GROUND: Final = (255, 255, 255)
SHOWN: Final = (230, 30, 30)
OTHERS: Final = (40, 150, 255)


@dataclass(frozen=True, slots=True)
class Tile:
    """One cell of a sheet; boxes of the sheet's `label` are drawn strongly."""

    picture: Path
    caption: str
    boxes: tuple[Box, ...] = ()
    label: str = ""


def write(plan: Plan, folder: Path, watch: Watch) -> list[str]:
    """Writes `LABEL.png` for each label that occurs, and sheets of the pictures without boxes and of the pairs.

    Returns the names without suffix. Which pictures are shown depends on their digests alone.
    """
    folder.mkdir()
    sheets = [(name, tiles) for name, tiles in _sheets(plan) if tiles]
    for name, tiles in watch(sheets, len(sheets), "drawing contact sheets"):
        draw(tiles, COLUMNS).save(folder / f"{name}.png", optimize=True)
    return [name for name, _ in sheets]


def _sheets(plan: Plan) -> Iterator[tuple[str, list[Tile]]]:
    for label in plan.description.labels:
        rows = [row for row in plan.rows if any(box.label == label for box in row.picture.reading.boxes)]
        yield label, [_tile(row, label) for row in _some(rows)]
    yield WITHOUT_BOXES, [_tile(row, "") for row in _some([row for row in plan.rows if not row.picture.reading.boxes])]
    yield LEFT_OUT, pair_tiles(plan.pairs[:MOST_PAIRS])


def _some(rows: Sequence[Row]) -> list[Row]:
    """A few rows of each side, training first."""
    ordered = sorted(rows, key=lambda row: row.picture.look.sha256)
    return [row for side in Side for row in [row for row in ordered if row.picture.side is side][:EACH_SIDE]]


def _tile(row: Row, label: str) -> Tile:
    caption = f"{row.picture.side.value}  {row.picture.photo.source}"
    return Tile(row.picture.photo.picture, caption, row.picture.reading.boxes, label)


def pair_tiles(pairs: Sequence[Pair]) -> list[Tile]:
    """Two tiles a pair: the training picture and the held-out one."""
    return [
        tile
        for pair in pairs
        for tile in (
            Tile(pair.train.picture, f"train  {pair.kinship} {pair.degree or ''}  {plain(pair.train.name)}"),
            Tile(pair.held_out.picture, f"val  {plain(pair.held_out.name)}"),
        )
    ]


def draw(tiles: Sequence[Tile], columns: int) -> Image.Image:
    """The tiles in rows; `columns` even keeps pairs side by side."""
    rows = -(-len(tiles) // columns)
    sheet = Image.new("RGB", (columns * TILE_PX, rows * (TILE_PX + CAPTION_PX)), GROUND)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(11)
    for place, tile in enumerate(tiles):
        left, top = place % columns * TILE_PX, place // columns * (TILE_PX + CAPTION_PX)
        sheet.paste(_drawn(tile), (left, top + CAPTION_PX))
        pen.text((left + 2, top + 1), tile.caption[:42], fill=(0, 0, 0), font=font)
    return sheet


def _drawn(tile: Tile) -> Image.Image:
    with Image.open(tile.picture) as opened:
        picture = ImageOps.exif_transpose(opened).convert("RGB")
    picture.thumbnail((TILE_PX - 4, TILE_PX - 4))
    pen = ImageDraw.Draw(picture)
    for box in sorted(tile.boxes, key=lambda box: box.label == tile.label):
        corners = (box.x1 * picture.width, box.y1 * picture.height, box.x2 * picture.width, box.y2 * picture.height)
        strong = box.label == tile.label
        pen.rectangle(corners, outline=SHOWN if strong else OTHERS, width=2 if strong else 1)
    return picture
