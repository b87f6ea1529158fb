"""Where everything stands in a street block, decided from a seed alone. Pure; the frame is that of `scene`."""

from __future__ import annotations

import random
from typing import Final

from training.drive.scene import PASSES, Block, Building, Light, Thing

SLOT_M: Final = 7.0
"""Length of street that one slot of the right-hand pavement takes."""

UNUSED_PREFIXES: Final = ("160", "161", "163", "168", "169")
"""Prefixes of mobile numbers that no operator uses."""

PLATE_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ"
CAR_SIZES: Final = {
    "sedan": (4.60, 1.80, 1.46),
    "hatch": (4.05, 1.74, 1.52),
    "suv": (4.55, 1.86, 1.70),
    "van": (4.50, 1.70, 1.92),
    "truck": (5.90, 2.05, 2.75),
}
CAR_KINDS: Final = tuple(CAR_SIZES)


def lay_out(seed: int) -> Block:
    """The block of a seed. The same seed gives the same block on every machine (only `random.Random` decides)."""
    rng = random.Random(f"street-block-{seed}")
    road_half, pavement = rng.uniform(4.7, 5.2), rng.uniform(2.9, 3.4)
    slots = _right_slots(rng)
    crew = _Placer(rng, road_half, pavement)
    for index, what in enumerate(slots):
        crew.right(what, 14.0 + SLOT_M * index)
    crew.left_side(14.0 + SLOT_M * len(slots))
    crew.people(slots)
    length = 14.0 + SLOT_M * len(slots) + 4.0
    buildings = _buildings(rng, length, crew.ad_xs)
    trees, poles = _greenery(rng, length, road_half, crew)
    return Block(
        seed=seed,
        length_m=length,
        road_half_m=road_half,
        pavement_m=pavement,
        kerb_m=0.14,
        bearing_deg=round(rng.uniform(20.0, 160.0), 1),
        origin_lat=round(22.130 + rng.uniform(-0.004, 0.004), 6),
        origin_lon=round(113.540 + rng.uniform(-0.004, 0.004), 6),
        buildings=buildings,
        trees=trees,
        poles=poles,
        bays=tuple(crew.bays),
        things=tuple(crew.things),
        lights=_lights(rng),
    )


def _right_slots(rng: random.Random) -> list[str]:
    """Order of what the right-hand pavement shows; nothing that matters stands right behind a car at the kerb."""
    wanted = ["ads", "ads", "litter", "litter", "bins", "offender", "kerb_car", "empty", "empty"]
    while True:
        rng.shuffle(wanted)
        behind = wanted[(wanted.index("kerb_car") + 1) % len(wanted)]
        ads = [i for i, each in enumerate(wanted) if each == "ads"]
        near = {wanted[i] for i in (wanted.index("offender") - 1, wanted.index("offender") + 1) if 0 <= i < len(wanted)}
        if behind in ("empty", "ads") and ads[1] - ads[0] >= 2 and "kerb_car" not in near:
            return list(wanted)


def _lights(rng: random.Random) -> dict[str, Light]:
    morning = Light(rng.uniform(35, 60), rng.uniform(20, 160), rng.choice((0.0, 0.3)), rng.uniform(-0.1, 0.1))
    later = Light(rng.uniform(40, 65), rng.uniform(-150, -30), rng.choice((0.6, 1.0)), rng.uniform(-0.05, 0.2))
    noon = Light(rng.uniform(50, 70), rng.uniform(0, 360), rng.choice((0.0, 0.5)), 0.0)
    return {"car_a": morning, "car_b": later, "drone": noon}


def plate_text(rng: random.Random, electric: bool) -> str:
    """A plate that no one owns: it carries an I or an O, which are never issued."""
    tail = [rng.choice("0123456789") for _ in range(5 if electric else 4)]
    tail[rng.randrange(1, len(tail))] = rng.choice("IO")
    lead = "D" if electric else rng.choice(PLATE_LETTERS)
    return f"粤C{lead}{''.join(tail)}"


def phone_number(rng: random.Random) -> str:
    """Eleven digits in the shape of a mobile number that nobody has."""
    return rng.choice(UNUSED_PREFIXES) + "".join(rng.choice("0123456789") for _ in range(8))


class _Placer:
    """Collects things slot by slot; the running numbers make the ids."""

    def __init__(self, rng: random.Random, road_half_m: float, pavement_m: float) -> None:
        self.rng, self.road_half_m, self.pavement_m = rng, road_half_m, pavement_m
        self.things: list[Thing] = []
        self.bays: list[tuple[float, float, int]] = []
        self.ad_xs: list[float] = []
        self.busy: list[tuple[float, int]] = []
        self.counts: dict[str, int] = {}

    def add(
        self,
        kind: str,
        label: str,
        category: str | None,
        at: tuple[float, float, float],
        heading_deg: float,
        size_m: tuple[float, float, float],
        *,
        passes: tuple[str, ...] = PASSES,
        plate: str | None = None,
        on_pavement: bool = False,
        phones: tuple[str, ...] = (),
    ) -> None:
        stem = {"overflowing_bin": "bin"}.get(label, label) if label in ("bin", "overflowing_bin") else label
        self.counts[stem] = self.counts.get(stem, 0) + 1
        self.things.append(
            Thing(
                f"{stem}-{self.counts[stem]}",
                kind,
                label,
                category,
                round(at[0], 3),
                round(at[1], 3),
                round(at[2], 3),
                round(heading_deg % 360, 2),
                size_m,
                self.rng.randrange(1 << 30),
                passes,
                plate,
                on_pavement,
                phones,
            )
        )

    def car(
        self,
        x_m: float,
        y_m: float,
        z_m: float,
        heading_deg: float,
        *,
        offender: bool,
        passes: tuple[str, ...] = PASSES,
    ) -> None:
        wanted = CAR_KINDS[:3] if offender or y_m < 0 else ("sedan", "sedan", "hatch", "suv", "van", "truck")
        kind = self.rng.choice(wanted)
        label = "truck" if kind == "truck" else "car"
        self.add(
            kind,
            label,
            "improper_parking" if offender else None,
            (x_m, y_m, z_m),
            heading_deg,
            CAR_SIZES[kind],
            passes=passes,
            plate=plate_text(self.rng, self.rng.random() < 0.3),
            on_pavement=offender,
        )

    def right(self, what: str, x_m: float) -> None:
        """Fills one slot of the right-hand pavement, centred on x_m."""
        rng, inner = self.rng, -self.road_half_m
        wall = inner - self.pavement_m
        if what != "empty":
            self.busy.append((x_m, -1))
        if what == "ads":
            width, height = rng.uniform(2.6, 3.4), rng.uniform(1.55, 1.9)
            self.ad_xs.append(x_m)
            self.add(
                "ad_site",
                "illegal_ad",
                "illegal_ad",
                (x_m, wall, rng.uniform(0.55, 0.75)),
                0.0,
                (width, 0.02, height),
                phones=tuple(phone_number(rng) for _ in range(4)),
            )
        elif what == "litter":
            self.litter(x_m + rng.uniform(-1, 1), inner - rng.uniform(0.9, self.pavement_m - 1.0))
        elif what == "bins":
            self.bins(x_m, wall)
        elif what == "offender":
            self.car(
                x_m, inner - rng.uniform(1.15, 1.4), 0.14, rng.choice((0, 180)) + rng.uniform(-4, 4), offender=True
            )
        elif what == "kerb_car":
            self.bays.append((x_m, inner + 1.1, -1))
            self.car(x_m, inner + 1.1, 0.0, rng.uniform(-1, 1), offender=False)

    def litter(self, x_m: float, y_m: float, z_m: float = 0.14) -> None:
        spread = self.rng.uniform(1.3, 2.0)
        self.add(
            "heap",
            "litter",
            "litter",
            (x_m, y_m, z_m),
            self.rng.uniform(0, 360),
            (spread, spread * self.rng.uniform(0.65, 0.9), self.rng.uniform(0.4, 0.6)),
        )

    def bins(self, x_m: float, wall_m: float) -> None:
        """Three bins along the wall, a gap before or after the one that overflows."""
        step, full = self.rng.uniform(1.0, 1.3), self.rng.choice((0, 2))
        xs = [x_m - 1.6 - step, x_m - 1.6, x_m + 2.0] if full == 2 else [x_m - 2.0, x_m + 1.6, x_m + 1.6 + step]
        for number, x in enumerate(xs):
            label = "overflowing_bin" if number == full else "bin"
            self.add(
                "bin",
                label,
                "overflowing_bin" if number == full else None,
                (x, wall_m + self.rng.uniform(0.6, 0.75), 0.14),
                90.0 + self.rng.uniform(-8, 8),
                (0.72, 0.58, 1.45 if number == full else 1.06),
            )

    def left_side(self, end_m: float) -> None:
        """The left kerb: a row of legally parked cars with gaps, two-wheelers and one heap."""
        rng, edge = self.rng, self.road_half_m
        heap_x = rng.uniform(24.0, end_m - 20.0)
        x = 9.0
        while x < end_m - 2:
            if rng.random() < 0.62 and abs(x - heap_x) > 7.5:
                passes = rng.choice((PASSES, PASSES, ("car_a",), ("car_b", "drone")))
                self.bays.append((x, edge - 1.1, 1))
                self.car(x, edge - 1.1, 0.0, 180 + rng.uniform(-1, 1), offender=False, passes=passes)
            x += 6.4
        self.litter(heap_x, edge + rng.uniform(0.7, 1.4))
        self.busy.append((heap_x, 1))
        for kind, label, size in (
            ("scooter", "motorcycle", (1.75, 0.65, 1.1)),
            ("bicycle", "bicycle", (1.7, 0.55, 1.05)),
        ):
            x = self.free(1, end_m)
            self.add(kind, label, None, (x, edge + 1.9, 0.14), rng.choice((0, 180)) + rng.uniform(-20, 20), size)

    def free(self, side: int, end_m: float, gap_m: float = 3.2) -> float:
        """An x on that side's pavement at least gap_m from what stands there already, and takes it."""
        for _ in range(400):
            x = self.rng.uniform(10.0, end_m - 3.0)
            if all(s != side or abs(x - taken) > gap_m for taken, s in self.busy):
                break
        self.busy.append((x, side))
        return x

    def people(self, slots: list[str]) -> None:
        """Four people: two on each pavement, most of them facing the oncoming camera."""
        end = 14.0 + SLOT_M * len(slots)
        for number in range(4):
            side = -1 if number < 2 else 1
            x = self.free(side, end)
            y = side * (self.road_half_m + self.rng.uniform(0.7, self.pavement_m - 0.7))
            height = self.rng.uniform(1.58, 1.80)
            self.add(
                "person",
                "person",
                None,
                (x, y, 0.14),
                (180.0 if self.rng.random() < 0.7 else 0.0) + self.rng.uniform(-50, 50),
                (0.35, 0.55, height),
                passes=self.rng.choice((PASSES, ("car_a",), ("car_b", "drone"), PASSES)),
            )


def _buildings(rng: random.Random, length_m: float, ad_xs: list[float]) -> tuple[Building, ...]:
    """House fronts on both sides from well before the block to well after it; ads hang on bays of bare wall."""
    found: list[Building] = []
    for side in (-1, 1):
        x = -28.0
        while x < length_m + 45.0:
            count = rng.randint(3, 6)
            bays = [rng.choice(("shutter", "shutter", "shop", "door", "window", "wall")) for _ in range(count)]
            for i in range(count):
                middle = x + 3.5 * (i + 0.5)
                if side == -1 and any(abs(middle - ad) < 3.6 for ad in ad_xs):
                    bays[i] = "bare"
            found.append(Building(side, x, x + 3.5 * count, rng.randint(2, 4), rng.randrange(1 << 30), tuple(bays)))
            x += 3.5 * count + (2.5 if side == 1 and rng.random() < 0.2 else 0.0)
    return tuple(found)


def _greenery(
    rng: random.Random, length_m: float, road_half_m: float, crew: _Placer
) -> tuple[tuple[tuple[float, float, int], ...], tuple[tuple[float, float], ...]]:
    trees: list[tuple[float, float, int]] = []
    poles: list[tuple[float, float]] = []
    for side in (-1, 1):
        x = -22.0 + rng.uniform(0, 4)
        while x < length_m + 35.0:
            clear = all(s != side or abs(x - taken) > (4.2 if side == -1 else 2.0) for taken, s in crew.busy)
            spot = side * (road_half_m + 0.45)
            if clear and rng.random() < 0.75:
                trees.append((x, spot, rng.randrange(1 << 30)))
            elif clear:
                poles.append((x, spot))
            x += rng.uniform(6.0, 10.0)
    return tuple(trees), tuple(poles)
