"""What a set will hold, before anything is written: copies across the split dealt with, every picture named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from training.dataset.copies import Pair, copies, neighbours, scene_pairs
from training.dataset.description import Description
from training.dataset.gather import Gathered, Side, gather
from training.dataset.naming import Row, name_all
from training.dataset.progress import Watch
from training.dataset.reading import Fault
from training.errors import TrainingError
from training.sources import Source

SHOWN_PAIRS: Final = 20


@dataclass(frozen=True, slots=True)
class Plan:
    """rows: in name order. faults: how often, by source. pairs: the training pictures left out, and for which."""

    description: Description
    sources: tuple[Source, ...]
    rows: tuple[Row, ...]
    faults: Mapping[tuple[str, Fault], int]
    pairs: tuple[Pair, ...]

    def on(self, side: Side) -> list[Row]:
        return [row for row in self.rows if row.picture.side is side]


def make_plan(description: Description, known: Mapping[str, Source], data: Path, watch: Watch) -> Plan:
    """Reads, splits, looks and compares; raises TrainingError for pairs that the description does not let drop."""
    gathered = gather(description, known, data, watch)
    pairs = find_pairs(gathered, description, watch)
    if pairs and description.across_the_split == "fail":
        raise TrainingError(_refusal(pairs, description))
    dropped = {pair.train.picture for pair in pairs}
    kept = [picture for picture in gathered.pictures if picture.photo.picture not in dropped]
    for side in Side:
        if not any(picture.side is side for picture in kept):
            raise TrainingError(
                f"set {description.name!r}: no picture for {side.value}. Give a source another split rule, or change "
                "held_out_share; a rule by place or day needs sources that tell them."
            )
    faults = gathered.faults + Counter(
        (picture.photo.source, Fault.COPY_ACROSS_THE_SPLIT)
        for picture in gathered.pictures
        if picture.photo.picture in dropped
    )
    return Plan(description, gathered.sources, name_all(kept), faults, tuple(pairs))


def find_pairs(gathered: Gathered, description: Description, watch: Watch) -> list[Pair]:
    """The pairs across the split, the surest first; a pair that looks alike is not listed as a scene again."""
    train = [picture for picture in gathered.pictures if picture.side is Side.TRAIN]
    held_out = [picture for picture in gathered.pictures if picture.side is Side.HELD_OUT]
    pairs = copies(train, held_out, description.copy_distance)
    if description.scene_neighbours:
        known = {(pair.train.picture, pair.held_out.picture) for pair in pairs}
        near = neighbours(train, held_out, description.scene_neighbours)
        watched = watch(near, len(near), "looking for one scene on both sides")
        scenes = scene_pairs(watched, description.scene_matches)
        pairs += [pair for pair in scenes if (pair.train.picture, pair.held_out.picture) not in known]
    return sorted(pairs, key=lambda pair: pair.rank)


def _refusal(pairs: Sequence[Pair], description: Description) -> str:
    lines = [str(pair) for pair in pairs[:SHOWN_PAIRS]]
    if len(pairs) > SHOWN_PAIRS:
        lines.append(f"... and {len(pairs) - SHOWN_PAIRS} more")
    return (
        f"set {description.name!r}: {len(pairs)} pairs of pictures show one thing on both sides of the split "
        "(training ~ held out):\n  " + "\n  ".join(lines) + "\n"
        f"Look at them with `steward train data pairs {description.name}`. Then hold them out together (another split "
        'rule), or set across_the_split = "drop" to leave the training copies out. Nothing was written.'
    )
