"""The kinds of small ads, and the one function that draws any of them."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

import numpy as np

from training.ads.banners import banner
from training.ads.papers import card, flyer, poster, sticker
from training.ads.sheet import Sheet
from training.ads.sprays import spray, stencil
from training.ads.wear import scraps, worn


class AdKind(StrEnum):
    """The forms that small ads take; scraps are what remains of one."""

    STICKER = "sticker"
    CARD = "card"
    POSTER = "poster"
    FLYER = "flyer"
    STENCIL = "stencil"
    SPRAY = "spray"
    BANNER = "banner"
    SCRAPS = "scraps"


def draw_ad(rng: np.random.Generator, fonts: Sequence[Path], kind: AdKind, age: float = 0.4) -> Sheet:
    """One ad of the kind; the same generator state, the same pixels. Without fonts Pillow's own (Latin) is used.

    age: how long the weather and the cleaners have had at it, 0 (new) to 1 (a remnant); paint and cloth do not tear.
    """
    match kind:
        case AdKind.STENCIL:
            return Sheet(stencil(rng, fonts), float(rng.uniform(0.4, 1.3)), painted=True)
        case AdKind.SPRAY:
            return Sheet(spray(rng, fonts), float(rng.uniform(0.8, 3.0)), painted=True)
        case AdKind.BANNER:
            return Sheet(banner(rng, fonts), float(rng.uniform(2.5, 8.0)))
        case AdKind.POSTER:
            return Sheet(worn(rng, poster(rng, fonts), age), float(rng.uniform(0.5, 1.1)))
        case AdKind.FLYER:
            return Sheet(worn(rng, flyer(rng, fonts), age), float(rng.uniform(0.25, 0.42)))
        case AdKind.CARD:
            return Sheet(worn(rng, card(rng, fonts), age), float(rng.uniform(0.09, 0.22)))
        case AdKind.STICKER:
            return Sheet(worn(rng, sticker(rng, fonts), age), float(rng.uniform(0.2, 0.5)))
        case AdKind.SCRAPS:
            height, width = int(rng.uniform(60, 200)), int(rng.uniform(60, 240))
            return Sheet(scraps(rng, height, width), float(rng.uniform(0.1, 0.5)))
