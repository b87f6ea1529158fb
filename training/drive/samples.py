"""Training pictures: views over many blocks, with labels for the detector and for the privacy model."""

from __future__ import annotations

import dataclasses
import logging
import math
import random
import tempfile
from pathlib import Path

from PIL import Image

from models.wholefile import whole_file, write_whole
from training.drive.boxes import PRIVACY_LABELS, seen_private, seen_things, yolo_lines
from training.drive.layout import lay_out
from training.drive.poses import Lens, View
from training.drive.scene import PASSES, Block, Light
from training.sources import LABELS

log = logging.getLogger(__name__)


def sample_views(block: Block, count: int) -> list[tuple[View, Lens]]:
    """Views of a block as patrol cars and drones have them: most from the lane, towards something worth seeing."""
    rng = random.Random(f"views-{block.seed}")
    worth = [t for t in block.things if t.category is not None]
    worth += rng.sample([t for t in block.things if t.kind in ("bin", "person", "scooter", "bicycle")], 2)
    rng.shuffle(worth)
    found = []
    for number in range(count):
        target = worth[number % len(worth)]
        lens = Lens(768, 432, rng.uniform(62.0, 84.0))
        if number % 4 == 3:
            height, pitch = rng.uniform(12.0, 18.0), rng.uniform(-62.0, -48.0)
            reach = height / math.tan(math.radians(-pitch)) + rng.uniform(-2, 2)
            way = rng.choice((-1, 1))
            found.append(
                (
                    View(
                        target.x_m - way * reach, rng.uniform(-2.5, 2.5), height, 0.0 if way > 0 else 180.0, pitch, 0.0
                    ),
                    lens,
                )
            )
            continue
        back = rng.uniform(6.0, 15.0)
        side = -1 if target.y_m < 0 else 1
        x, y = target.x_m + side * back, side * rng.uniform(0.8, 2.0)
        towards = math.degrees(math.atan2(target.y_m - y, target.x_m - x))
        along = 180.0 if side > 0 else 0.0
        yaw = along + (0.35 + 0.5 * rng.random()) * _turn(towards - along)
        found.append((View(x, y, rng.uniform(1.5, 2.4), yaw, rng.uniform(-9.0, -2.0), rng.uniform(-1, 1)), lens))
    return found


def _turn(angle_deg: float) -> float:
    return (angle_deg + 180.0) % 360.0 - 180.0


def sample_light(seed: int) -> Light:
    """A light of its own for each training block, from hard noon sun to a grey evening."""
    rng = random.Random(f"light-{seed}")
    return Light(
        rng.uniform(15, 70), rng.uniform(0, 360), rng.choice((0.0, 0.0, 0.4, 0.8, 1.0)), rng.uniform(-0.6, 0.35)
    )


def render_samples(seeds: range, views: int, out: Path, threads: int = 0) -> int:
    """Renders what is not there yet into out/{images,labels,labels_privacy}; gives the number of pictures made."""
    from training.drive.render import Quality, Studio

    folders = {name: out / name for name in ("images", "labels", "labels_privacy")}
    made = 0
    for seed in seeds:
        block = lay_out(seed)
        pass_name = PASSES[seed % len(PASSES)]
        block = dataclasses.replace(block, lights={**block.lights, pass_name: sample_light(seed)})
        todo = [
            (number, *each)
            for number, each in enumerate(sample_views(block, views))
            if not (folders["images"] / f"seed{seed:03d}_view{number:02d}.jpg").exists()
        ]
        if not todo:
            continue
        with tempfile.TemporaryDirectory() as scratch:
            studio = Studio(block, pass_name, todo[0][2], Path(scratch), Quality(threads=threads))
            for number, view, lens in todo:
                studio.refit(lens)
                stem, shot = f"seed{seed:03d}_view{number:02d}", Path(scratch) / "shot.png"
                index = studio.shoot(view, shot)
                for name, seen, labels in (
                    ("labels", seen_things(index, studio.parts, view, lens), LABELS),
                    ("labels_privacy", seen_private(index, studio.parts), PRIVACY_LABELS),
                ):
                    lines = yolo_lines(seen, labels, lens.width_px, lens.height_px)
                    write_whole(folders[name] / f"{stem}.txt", lines.encode())
                with whole_file(folders["images"] / f"{stem}.jpg") as picture:
                    Image.open(shot).save(picture, "JPEG", quality=92)
                made += 1
                log.info("made %s", stem)
    return made
