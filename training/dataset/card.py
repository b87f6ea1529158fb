"""A set's card: what is in it, from where and under which licence, and what is wrong with it. Markdown, generated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from training.dataset.gather import Side
from training.dataset.manifest import Manifest
from training.dataset.naming import Row, plain
from training.dataset.plan import Plan
from training.dataset.reading import Fault

BOX_SIDES: Final = (0.02, 0.05, 0.1, 0.2, 0.4)
"""Edges of the histogram: the side of a square of the box's area, as a share of the picture's."""
BAR: Final = 30
MOST_SIZES: Final = 6
MEANING: Final = {
    Fault.UNREADABLE: "picture cannot be decoded to its end; left out",
    Fault.TOO_LARGE: "picture beyond the bounds; left out",
    Fault.NO_PICTURE: "labels name a picture that is not there",
    Fault.SIZE_DIFFERS: "picture of another shape than its labels state; left out",
    Fault.CONFIRMED_WITHOUT_BOX: "people confirmed it and no usable box is drawn; left out",
    Fault.DISMISSED_WITH_BOX: "people dismissed it and it carries boxes; left out",
    Fault.COPY_ACROSS_THE_SPLIT: "training picture that shows what a held-out one shows; left out",
    Fault.SAME_BYTES: "the same file once more on its side; kept",
    Fault.NO_AREA: "box without area; left out",
    Fault.OUTSIDE: "box outside the picture; left out",
    Fault.CLIPPED: "box reaches beyond the picture; clipped and kept",
    Fault.REPEATED: "box that stands twice; one kept",
    Fault.CROWD: "box around a crowd of things; left out",
    Fault.SHAPE_NOT_READ: "line, point, mask or other shape that is no box; left out",
    Fault.CLASS_NOT_MAPPED: "box or dismissed picture of a class that the source's description does not map; left out",
    Fault.LABEL_NOT_IN_SET: "box of a label that the set leaves out",
}


def text(plan: Plan, manifest: Manifest, sheets: Sequence[str]) -> str:
    """The whole card; `sheets` are the names of the contact sheets in `sheets/`."""
    parts = [
        f"# {manifest.address}",
        plan.description.note,
        f"Digest: `{manifest.digest}`\n\nAgain: `steward train data build {manifest.name}`, "
        f"verify: `steward train data check {manifest.name}@{manifest.version}`",
        "## Pictures and boxes",
        _counts(plan),
        "## How large the boxes are",
        "The side of a square of the box's area, as a share of the picture's.",
        _box_sides(plan),
        "## Picture sizes",
        _sizes(plan.rows),
        "## Sources",
        _sources(plan),
        "## Known faults",
        _faults(plan),
        "## Pairs across the split",
        _pairs(plan),
        "## Examples",
        *(f"### {name}\n\n![{name}](sheets/{name}.png)" for name in sheets),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *([str(cell) for cell in row] for row in rows)]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _counts(plan: Plan) -> str:
    sides = [plan.on(side) for side in Side]
    boxes = [Counter(box.label for row in rows for box in row.picture.reading.boxes) for rows in sides]
    shown = [
        Counter(label for row in rows for label in {box.label for box in row.picture.reading.boxes}) for rows in sides
    ]
    rows: list[Sequence[object]] = [
        (label, *(counter[label] for counter in (*shown, *boxes))) for label in plan.description.labels
    ]
    without = [sum(not row.picture.reading.boxes for row in rows) for rows in sides]
    negatives = [sum(row.picture.reading.hard_negative for row in rows) for rows in sides]
    rows += [("(no box)", *without, "", ""), ("(of these hard negatives)", *negatives, "", "")]
    rows.append(("all", *map(len, sides), *(counter.total() for counter in boxes)))
    return _table(("label", "pictures, train", "pictures, val", "boxes, train", "boxes, val"), rows)


def _box_sides(plan: Plan) -> str:
    names = [f"< {edge:g}" for edge in BOX_SIDES] + [f">= {BOX_SIDES[-1]:g}"]
    counts: dict[str, Counter[int]] = {label: Counter() for label in plan.description.labels}
    for row in plan.rows:
        for box in row.picture.reading.boxes:
            side = (box.width * box.height) ** 0.5
            counts[box.label][sum(side >= edge for edge in BOX_SIDES)] += 1
    total = [sum(counter[place] for counter in counts.values()) for place in range(len(names))]
    longest = max(*total, 1)
    rows = [
        (name, *(counter[place] for counter in counts.values()), "█" * round(BAR * total[place] / longest))
        for place, name in enumerate(names)
    ]
    return _table(("side", *plan.description.labels, "all"), rows)


def _sizes(rows: Sequence[Row]) -> str:
    sizes = Counter((row.picture.look.width_px, row.picture.look.height_px) for row in rows)
    common = sorted(sizes.items(), key=lambda item: (-item[1], item[0]))
    listed: list[Sequence[object]] = [(f"{width} x {height}", count) for (width, height), count in common[:MOST_SIZES]]
    rest = common[MOST_SIZES:]
    if rest:
        listed.append((f"{len(rest)} other sizes", sum(count for _, count in rest)))
    return _table(("width x height, px", "pictures"), listed)


def _sources(plan: Plan) -> str:
    used = Counter((row.picture.photo.source, row.picture.side) for row in plan.rows)
    rows = [
        (source.name, used[source.name, Side.TRAIN], used[source.name, Side.HELD_OUT], source.split, source.title,
         source.licence, source.note)
        for source in plan.sources
    ]  # fmt: skip
    return _table(("source", "train", "val", "split", "title", "licence", "note"), rows)


def _faults(plan: Plan) -> str:
    lines = [*_unlabelled(plan), *_own_case_only(plan)]
    order = {fault: place for place, fault in enumerate(Fault)}
    found = sorted(((order[fault], source, fault, count) for (source, fault), count in plan.faults.items() if count))
    if found:
        rows = [(source, f"`{fault}`", count, MEANING[fault]) for _, source, fault, count in found]
        lines.append(_table(("source", "fault", "count", "meaning"), rows))
    return "\n\n".join(lines) or "None found."


def _unlabelled(plan: Plan) -> Iterator[str]:
    """Labels that a source never gives: a model learns from its pictures that such things are not there."""
    given = {(row.picture.photo.source, box.label) for row in plan.rows for box in row.picture.reading.boxes}
    for source in plan.sources:
        absent = [label for label in plan.description.labels if (source.name, label) not in given]
        if absent:
            yield (
                f"- `{source.name}` labels no {', '.join(absent)}. Where such things stand in its pictures, a model "
                "trained on this set alone learns to overlook them."
            )


def _own_case_only(plan: Plan) -> Iterator[str]:
    for source in plan.sources:
        if source.format == "verdicts":
            yield (
                f"- `{source.name}` marks in each picture its own case alone, and a dismissed picture denies its own "
                "label alone: other things in both may stand unmarked."
            )


def _pairs(plan: Plan) -> str:
    looked = f"from {plan.description.copy_distance} of 256 bits down"
    if plan.description.scene_neighbours:
        looked += (
            f", and scenes from {plan.description.scene_matches} matching points up among "
            f"{plan.description.scene_neighbours} neighbours in name order on each side"
        )
    if not plan.pairs:
        return f"None found ({looked})."
    rows = [
        (plain(pair.train.name), plain(pair.held_out.name), f"`{pair.kinship}`", pair.degree or "")
        for pair in plan.pairs
    ]
    return f"{len(plan.pairs)} pairs ({looked}); the training pictures are left out.\n\n" + _table(
        ("training", "held out", "kinship", "bits or points"), rows
    )
