"""A whole demo drive in a folder: render, encode, write telemetry and truth. Each step can be done again alone.

Frames and what they show are kept under `work`, so that a render goes on where it stopped; the product goes to `out`.
"""

from __future__ import annotations

import json
import logging
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.wholefile import write_whole
from training.drive import telemetry, truth
from training.drive.boxes import PRIVACY_LABELS, Seen, seen_private, seen_things
from training.drive.passes import Moment, Plan, moments, plans, readings
from training.drive.scene import Block
from training.sources import LABELS

if TYPE_CHECKING:
    from training.drive.render import Quality

log = logging.getLogger(__name__)


class Incomplete(RuntimeError):
    """Frames that a step needs have not been rendered."""


def render_pass(block: Block, plan: Plan, work: Path, samples: int, threads: int = 0) -> int:
    """Renders the frames of a pass that are not in work/<pass>/ yet; gives how many it made."""
    from training.drive.render import Quality

    return _shoot(block, plan, work / plan.name, Quality(samples=samples, threads=threads))


def box_pass(block: Block, plan: Plan, work: Path, threads: int = 0) -> int:
    """The boxes of a pass alone, as `render_pass` would find them, at a fraction of its work; no pictures are kept."""
    from training.drive.render import Quality

    return _shoot(block, plan, work / plan.name, Quality(samples=1, bounces=0, denoised=False, threads=threads), False)


def _shoot(block: Block, plan: Plan, folder: Path, quality: Quality, pictured: bool = True) -> int:
    from training.drive.render import Studio

    folder.mkdir(parents=True, exist_ok=True)
    todo = [frame for frame in moments(block, plan) if not _boxes_path(folder, frame.index).exists()]
    if not todo:
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        studio = Studio(block, plan.name, plan.lens, Path(scratch), quality)
        for frame in todo:
            picture = _picture_path(folder if pictured else Path(scratch), frame.index)
            index = studio.shoot(frame.view, picture)
            seen = seen_things(index, studio.parts, frame.view, plan.lens) + seen_private(index, studio.parts)
            _write(_boxes_path(folder, frame.index), json.dumps([_as_json(each) for each in seen]))
            log.info("%s: frame %d of %d", plan.name, frame.index + 1, todo[-1].index + 1)
    return len(todo)


def write_videos(block: Block, work: Path, out: Path, crf: int) -> dict[str, int]:
    """Encodes every pass; gives the sizes in bytes. Incomplete, naming the frame, where one is missing."""
    from training.drive.encode import encode

    out.mkdir(parents=True, exist_ok=True)
    sizes = {}
    for plan in plans(block):
        pictures = [_picture_path(work / plan.name, frame.index) for frame in moments(block, plan)]
        for picture in pictures:
            if not picture.exists():
                raise Incomplete(
                    f"{picture} is not rendered yet: run the render step first, it goes on where it stopped"
                )
        sizes[plan.name] = encode(pictures, out / f"{plan.name}.mp4", plan.fps, plan.start, crf)
    return sizes


def write_records(block: Block, work: Path | None, out: Path) -> None:
    """Telemetry, camera files, truth, boxes, zones, grids and bins; without `work`, as before anything was rendered."""
    out.mkdir(parents=True, exist_ok=True)
    driven = []
    boxes: dict[str, list[list[Seen]]] = {}
    for plan in plans(block):
        frames = moments(block, plan)
        heard = readings(block, plan, frames)
        driven.append((plan, frames, heard))
        if plan.name == "drone":
            _write(out / f"{plan.name}.srt", telemetry.srt_text(block, plan, frames, heard))
        else:
            _write(out / f"{plan.name}.gpx", telemetry.gpx_text(plan.name, heard))
        _write(out / f"{plan.name}.toml", telemetry.camera_toml(plan))
        if work is not None:
            every = _read_boxes(work / plan.name, frames)
            boxes[plan.name] = [[s for s in seen if s.label in LABELS] for seen in every]
            _write(out / f"{plan.name}.boxes.jsonl", _box_lines(every))
    _write_json(out / "truth.json", truth.truth(block, driven, boxes))
    _write_json(out / "zones.geojson", truth.zones(block))
    _write_json(out / "grids.geojson", truth.grids(block))
    _write_json(out / "bins.geojson", truth.bins(block))


def _read_boxes(folder: Path, frames: Sequence[Moment]) -> list[list[Seen]]:
    found = []
    for frame in frames:
        path = _boxes_path(folder, frame.index)
        if not path.exists():
            raise Incomplete(f"{path} is not there: run the render step first, it goes on where it stopped")
        rows = json.loads(path.read_text("utf-8"))
        found.append([Seen(row["id"], row["label"], tuple(row["xyxy"]), row["pixels"]) for row in rows])
    return found


def _box_lines(every: Sequence[Sequence[Seen]]) -> str:
    """One line a frame: the things' boxes and, apart from them, the faces and plates to be hidden."""
    lines = []
    for index, seen in enumerate(every):
        things = [_as_json(s) for s in seen if s.label in LABELS]
        private = [_as_json(s) for s in seen if s.label in PRIVACY_LABELS]
        lines.append(json.dumps({"frame": index, "boxes": things, "private": private}, separators=(",", ":")) + "\n")
    return "".join(lines)


def _as_json(seen: Seen) -> dict[str, Any]:
    return {"id": seen.thing_id, "label": seen.label, "xyxy": list(seen.xyxy), "pixels": seen.pixels}


def _picture_path(folder: Path, index: int) -> Path:
    return folder / f"{index:04d}.png"


def _boxes_path(folder: Path, index: int) -> Path:
    return folder / f"{index:04d}.json"


def _write_json(path: Path, value: dict[str, Any]) -> None:
    _write(path, json.dumps(value, ensure_ascii=False, indent=1) + "\n")


def _write(path: Path, text: str) -> None:
    write_whole(path, text.encode())
