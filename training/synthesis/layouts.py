"""How ads hang: one alone, scattered, in layers all over a wall, tiled on a door, painted, as a banner, up a post."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Final

import numpy as np

from training.ads.kinds import AdKind, draw_ad
from training.ads.sheet import Sheet
from training.synthesis.planes import Plane, Spot, wrapped
from training.synthesis.scene import AD, CLEANED, SMALLEST_AD_PX, Scene, any_paper
from training.synthesis.walls import Patch


class Layout(StrEnum):
    """How a group of ads hangs."""

    SCATTERED = "scattered"
    LAYERED = "layered"
    TILED = "tiled"
    PAINTED = "painted"
    BANNER = "banner"
    POST = "post"


LAYOUT_SHARES: Final = {
    Layout.SCATTERED: 0.28,
    Layout.LAYERED: 0.22,
    Layout.TILED: 0.1,
    Layout.PAINTED: 0.2,
    Layout.BANNER: 0.08,
    Layout.POST: 0.12,
}
FARTHEST_PX_A_METRE: Final = 0.06
"""Pixels a metre as a share of the picture's longer side, below which a sticker cannot be seen."""


def hang_group(scene: Scene, layout: Layout) -> bool:
    """Hang one group of ads on a wall of the scene; False where no wall for it is found or nothing would show."""
    before = len(scene.ads)
    least, most, hang = LAYOUTS[layout]
    patch = scene.post() if layout is Layout.POST else scene.wall(least, most)
    if patch is None:
        return False
    hang(scene, patch)
    if len(scene.ads) > before and scene.rng.random() < 0.2:
        scene.cast_shadow(patch)
    return len(scene.ads) > before


def _scale(scene: Scene, patch: Patch, least_m: float, most_m: float) -> float:
    """Pixels a metre, if the patch is between so many metres wide."""
    across_m = float(np.exp(scene.rng.uniform(np.log(least_m), np.log(most_m))))
    return max(patch.width / across_m, FARTHEST_PX_A_METRE * scene.long_side_px)


def _spot(
    rng: np.random.Generator, sheet: Sheet, scale: float, patch: Patch, placed: list[Spot], overlap: float
) -> Spot | None:
    """A place on the patch that keeps clear of the sheets already there, save for one in so many; None if none is."""
    w, h = (side * scale for side in sheet.size_m)
    if min(w, h) < SMALLEST_AD_PX or w > patch.width or h > patch.height:
        return None
    may_overlap = rng.random() < overlap
    for _ in range(12):
        spot = Spot(float(rng.uniform(0, patch.width - w)), float(rng.uniform(0, patch.height - h)), w, h)
        if may_overlap or not any(spot.overlaps(there) for there in placed):
            return spot
    return None


def _scattered(scene: Scene, patch: Patch) -> None:
    """One to a dozen of any kind, a few of them old, with little overlap; one time in four all of one design."""
    rng, plane = scene.rng, Plane.drawn(scene.rng, patch)
    scale = _scale(scene, patch, 0.7, 5.0)
    tilt_deg, age = float(rng.choice([1.5, 4.0, 10.0], p=[0.5, 0.4, 0.1])), float(rng.uniform(0, 0.8))
    one_design = draw_ad(rng, scene.fonts, any_paper(rng), age) if rng.random() < 0.25 else None
    placed: list[Spot] = []
    count = int(rng.choice([1, int(rng.integers(2, 6)), int(rng.integers(6, 13))], p=[0.3, 0.4, 0.3]))
    for _ in range(3 * count):
        if len(placed) == count:
            return
        kind = AdKind.STENCIL if rng.random() < 0.1 else any_paper(rng)
        sheet = one_design or draw_ad(rng, scene.fonts, kind, age)
        spot = _spot(rng, sheet, scale, patch, placed, 0.15)
        if spot is not None and scene.hang(sheet, plane.corners(spot, float(rng.normal(0, tilt_deg)))):
            placed.append(spot)


def _layered(scene: Scene, patch: Patch) -> None:
    """A wall that everybody uses: scraps and remnants first, older ads over them, new ones on top, all edge to edge.

    Scraps are not ads: they stay unlabelled where they stick out from under them.
    """
    rng, plane = scene.rng, Plane.drawn(scene.rng, patch)
    scale = _scale(scene, patch, 0.9, 3.2)
    area_m2 = patch.width * patch.height / scale**2
    fill = float(rng.uniform(1.5, 5.0))
    ages = np.sort(rng.uniform(0, 1, int(np.clip(fill * area_m2 / 0.12, 8, 60))))[::-1]
    designs = [draw_ad(rng, scene.fonts, any_paper(rng), float(rng.uniform(0, 0.5))) for _ in range(2)]
    placed: list[Spot] = []
    for age in ages:
        scraped = age > 0.75 and rng.random() < 0.6
        if scraped:
            sheet = draw_ad(rng, scene.fonts, AdKind.SCRAPS)
        elif age < 0.5 and rng.random() < 0.25:
            sheet = designs[int(rng.integers(2))]
        else:
            sheet = draw_ad(rng, scene.fonts, any_paper(rng), float(age))
        spot = _spot(rng, sheet, scale, patch, placed, 0.9 if age > 0.5 else 0.45)
        if spot is None:
            continue
        label = CLEANED if scraped else AD
        if scene.hang(sheet, plane.corners(spot, float(rng.normal(0, 1.8))), label) and not scraped:
            placed.append(spot)


def _tiled(scene: Scene, patch: Patch) -> None:
    """Cards or stickers of one or two designs in rows and columns, as on doors and stairwells; a few are missing."""
    rng, plane = scene.rng, Plane.drawn(scene.rng, patch)
    kind = AdKind.CARD if rng.random() < 0.6 else AdKind.STICKER
    designs = [draw_ad(rng, scene.fonts, kind, float(rng.uniform(0, 0.3))) for _ in range(int(rng.integers(1, 3)))]
    wide, tall = designs[0].size_m
    scale = max(_scale(scene, patch, 0.5, 2.5), 1.4 * SMALLEST_AD_PX / min(wide, tall))
    gap = float(rng.choice([1.03, 1.25, 1.8]))
    columns = min(int(rng.integers(1, 6)), int(patch.width / (wide * gap * scale)))
    rows = min(int(rng.integers(1, 7)), int(patch.height / (tall * gap * scale)))
    left = float(rng.uniform(0, max(0.0, patch.width - columns * wide * gap * scale)))
    top = float(rng.uniform(0, max(0.0, patch.height - rows * tall * gap * scale)))
    for place in range(columns * rows):
        if rng.random() < 0.12:
            continue
        sheet = designs[place % columns % len(designs)]
        w, h = (side * scale for side in sheet.size_m)
        x, y = left + place % columns * wide * gap * scale, top + place // columns * tall * gap * scale
        jitter = rng.normal(0, 0.03 * w, 2)
        spot = Spot(x + float(jitter[0]), y + float(jitter[1]), w, h)
        scene.hang(sheet, plane.corners(spot, float(rng.normal(0, 1.2))))


def _painted(scene: Scene, patch: Patch) -> None:
    """One to five stencilled or sprayed numbers; beside or under them often cleaned places."""
    rng, plane = scene.rng, Plane.drawn(scene.rng, patch)
    if rng.random() < 0.4:
        scene.paint_over(patch, plane)
    scale = _scale(scene, patch, 1.0, 6.0)
    kind = AdKind.SPRAY if rng.random() < 0.55 else AdKind.STENCIL
    one_design = draw_ad(rng, scene.fonts, kind) if rng.random() < 0.4 else None
    placed: list[Spot] = []
    for _ in range(int(rng.integers(1, 6))):
        sheet = one_design or draw_ad(rng, scene.fonts, kind)
        largest = 0.95 * min(patch.width / sheet.size_m[0], patch.height / sheet.size_m[1])
        spot = _spot(rng, sheet, min(scale, largest), patch, placed, 0.05)
        if spot is not None and scene.hang(sheet, plane.corners(spot, float(rng.normal(0, 3)))):
            placed.append(spot)


def _banner(scene: Scene, patch: Patch) -> None:
    """One banner across most of the patch, its ends rarely level."""
    rng, plane = scene.rng, Plane.drawn(scene.rng, patch)
    sheet = draw_ad(rng, scene.fonts, AdKind.BANNER)
    wide, tall = sheet.size_m
    scale = float(rng.uniform(0.6, 1.0)) * min(patch.width / wide, patch.height / tall)
    w, h = wide * scale, tall * scale
    spot = Spot(float(rng.uniform(0, patch.width - w)), float(rng.uniform(0, patch.height - h)), w, h)
    scene.hang(sheet, plane.corners(spot, float(rng.normal(0, 1.5))))


def _post(scene: Scene, patch: Patch) -> None:
    """One to seven papers up a post, pipe or door frame; two times in three it is round and they bend with it."""
    rng, round_one = scene.rng, scene.rng.random() < 0.67
    bow, shaded = float(rng.normal(0, 0.06)), float(rng.uniform(0.1, 0.5))
    across_m = float(rng.uniform(0.18, 0.5))
    scale = patch.width / across_m * (2 / np.pi if round_one else 1)
    y, age = float(rng.uniform(0, 0.3)) * patch.height, float(rng.uniform(0, 0.7))
    for _ in range(int(rng.integers(1, 8))):
        sheet = draw_ad(rng, scene.fonts, any_paper(rng), age)
        w, h = (side * scale for side in sheet.size_m)
        if w > patch.width:
            w, h = patch.width * 0.96, h * patch.width * 0.96 / w
        if y + h > patch.height:
            return
        if round_one:
            reach = w / patch.width
            middle = float(rng.uniform(-0.6, 0.6)) * (1 - 0.5 * reach)
            bent, left, right = wrapped(sheet.rgba, middle - reach, middle + reach, bow * w / h, shaded)
            sheet = Sheet(bent, sheet.long_side_m)
            x1, x2 = ((1 + edge) / 2 * patch.width for edge in (left, right))
        else:
            x1 = float(rng.uniform(0, patch.width - w))
            x2 = x1 + w
        x1, x2, top, foot = x1 + patch.x, x2 + patch.x, y + patch.y, y + h + patch.y
        scene.hang(sheet, np.array([[x1, top], [x2, top], [x2, foot], [x1, foot]], np.float32))
        y += h * float(rng.choice([0.8, 1.03, 1.5]))


LAYOUTS: Final[dict[Layout, tuple[float, float, Callable[[Scene, Patch], None]]]] = {
    Layout.SCATTERED: (0.12, 0.65, _scattered),
    Layout.LAYERED: (0.2, 0.9, _layered),
    Layout.TILED: (0.1, 0.5, _tiled),
    Layout.PAINTED: (0.15, 0.85, _painted),
    Layout.BANNER: (0.25, 0.9, _banner),
    Layout.POST: (0.0, 0.0, _post),
}
"""How wide a patch each layout wants, as shares of the picture's width, and how it hangs."""
