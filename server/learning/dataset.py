"""The verdicts as a folder in COCO's format: what the workshop trains on.

images/SHA256.jpg, and annotations.json in which every image has a `steward` object. A confirmed sighting has one
annotation, a dismissed one has none. The same records give the same bytes.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Protocol, TypeVar

from PIL import Image

from models.wholefile import whole_folder
from server.errors import SetupError
from server.learning.coco import Picture, coco_file
from server.learning.examples import Example, LeftOut, sift
from server.learning.judged import LAST_NS, every_judged, pages
from server.learning.spool import spool
from server.learning.verdicts import Unjudged, Verdict
from server.pictures.objects import Objects
from server.records.store import Store
from server.setup.city import City

IMAGES: Final = "images"
ANNOTATIONS: Final = "annotations.json"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Report:
    """What became of every observation asked for: observations = written + left out + unjudged, each by its kind."""

    written: Counter[tuple[Verdict, str]]
    left_out: Counter[LeftOut]
    unjudged: Counter[Unjudged]


class Watch(Protocol):
    """Gives the same things, and may show how far it is; `count` says of how many."""

    def __call__(self, things: Iterable[T], count: Callable[[], int], doing: str) -> Iterable[T]: ...


def export(
    store: Store, city: City, objects: Objects, out: Path, watch: Watch, since_ns: int = 0, before_ns: int = LAST_NS
) -> Report:
    """Write the folder, in the order of the observations' ids.

    The records are read on one snapshot, a page at a time, and let go before the pictures are copied. Raises SetupError
    where `out` holds something already; the folder appears whole or not at all.
    """
    left_out: Counter[LeftOut] = Counter()
    unjudged: Counter[Unjudged] = Counter()
    with whole_folder(out, SetupError) as draft, spool(draft / "examples") as examples:
        with store.read() as session:
            judged = every_judged(session, since_ns, before_ns)
            for page in watch(judged, partial(pages, session, since_ns, before_ns), "reading verdicts"):
                sifted = sift(session, city, page)
                examples.add(sifted.examples)
                left_out += sifted.left_out
                unjudged += sifted.unjudged
        left_out += examples.settle()
        written = _write(draft, city, watch(examples, examples.__len__, "copying pictures"), objects)
        if lost := len(examples) - written.total():
            left_out[LeftOut.NOT_STORED] += lost
    return Report(written, left_out, unjudged)


def _write(folder: Path, city: City, examples: Iterable[Example], objects: Objects) -> Counter[tuple[Verdict, str]]:
    """Pictures and annotations; those whose bytes are not there, or no longer what they were, are left out."""
    (folder / IMAGES).mkdir()
    written: Counter[tuple[Verdict, str]] = Counter()
    with coco_file(folder / ANNOTATIONS, city) as add:
        for one in examples:
            content = objects.get(one.sha256)
            if content is None:
                continue
            with Image.open(io.BytesIO(content), formats=["JPEG"]) as opened:
                picture = Picture(one, f"{one.sha256}.jpg", opened.width, opened.height)
            (folder / IMAGES / picture.file_name).write_bytes(content)
            add(picture)
            written[one.verdict, one.label] += 1
    return written
