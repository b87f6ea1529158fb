"""What a bulk run leaves beside its result folders: who was inspected, what was found in all, and one map of it.

summary.json             totals, and a row a piece
summary.csv              the rows, for a spreadsheet
observations.geojson     the maps of all pieces in one; paths of evidence begin with the piece's folder
"""

from __future__ import annotations

import codecs
import csv
import json
from codecs import StreamWriter
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from edge.bulk.tree import Piece
from edge.errors import OutputError
from edge.files import UNREADABLE, disk_errors, utf8
from edge.inspection.export import MAP
from edge.inspection.footage import read_pass
from models.wholefile import whole_file, write_whole

SUMMARY: Final = "summary.json"
TABLE: Final = "summary.csv"


@dataclass(frozen=True, slots=True)
class Row:
    """One piece. failed: why it was not inspected; its counts are then 0."""

    name: str
    footage: str
    failed: str | None
    seen: int = 0
    analysed: int = 0
    quarantined: int = 0
    observations: int = 0
    located: int = 0
    pictures: int = 0
    withheld: int = 0


@dataclass(frozen=True, slots=True)
class Index:
    """All pieces, in the order of their names, and the categories found in all of them."""

    rows: tuple[Row, ...]
    by_category: dict[str, int]

    @property
    def failed(self) -> int:
        return sum(row.failed is not None for row in self.rows)


def write_index(out: Path, pieces: Sequence[Piece], failed: dict[str, str]) -> Index:
    """Write the three files, each whole or not at all. failed: why, by the piece's name."""
    categories: Counter[str] = Counter()
    rows = []
    for piece in pieces:
        if (why := failed.get(piece.name)) is not None:
            rows.append(Row(piece.name, str(piece.footage), why))
            continue
        summary = _summary(out / piece.name)
        categories.update(summary["observations"]["by_category"])
        rows.append(_row(piece, summary))
    index = Index(tuple(rows), dict(sorted(categories.items())))
    with disk_errors(out):
        with whole_file(out / TABLE) as stream:
            table = csv.DictWriter(_text(stream), list(Row.__slots__), lineterminator="\n")
            table.writeheader()
            table.writerows({**asdict(row), "failed": row.failed or ""} for row in rows)
        with whole_file(out / MAP) as stream:
            _join(_text(stream), out, [row.name for row in rows if row.failed is None])
        told = {"total": _total(index), "pieces": [asdict(row) for row in rows]}
        write_whole(out / SUMMARY, utf8(json.dumps(told, ensure_ascii=False, indent=1) + "\n"))
    return index


def _text(stream: BinaryIO) -> StreamWriter:
    """As `edge.files.utf8` has it."""
    return codecs.getwriter("utf-8")(stream, UNREADABLE)


def _summary(place: Path) -> dict[str, Any]:
    note = read_pass(place)
    if note is None:
        raise OutputError(f"{place}: was there a moment ago and is gone. Run the same command again.")
    return note.summary


def _row(piece: Piece, summary: dict[str, Any]) -> Row:
    frames, found, pictures = summary["frames"], summary["observations"], summary["pictures"]
    return Row(
        name=piece.name,
        footage=str(piece.footage),
        failed=None,
        seen=frames["seen"],
        analysed=frames["analysed"],
        quarantined=sum(frames["quarantined"].values()),
        observations=found["total"],
        located=found["located"],
        pictures=pictures["kept"],
        withheld=pictures["withheld"],
    )


def _total(index: Index) -> dict[str, Any]:
    counts = [field for field in Row.__slots__ if field not in ("name", "footage", "failed")]
    sums = {field: sum(getattr(row, field) for row in index.rows) for field in counts}
    inspected = len(index.rows) - index.failed
    pieces = {"pieces": len(index.rows), "inspected": inspected, "failed": index.failed}
    return {**pieces, **sums, "by_category": index.by_category}


def _join(stream: StreamWriter, out: Path, names: Sequence[str]) -> None:
    """One feature a line: the maps of a city's tree do not fit in memory together."""
    stream.write('{"type": "FeatureCollection", "features": [')
    first = True
    for name in names:
        for feature in json.loads((out / name / MAP).read_bytes())["features"]:
            told = feature["properties"]
            told["piece"] = name
            if "evidence" in told:
                told["evidence"] = [f"{name}/{path}" for path in told["evidence"]]
            stream.write(("\n" if first else ",\n") + json.dumps(feature, ensure_ascii=False))
            first = False
    stream.write("\n]}\n")
