"""A detector: a picture in, Detections out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.card import ModelCard, Preprocessing
from models.decode import decode
from models.head import Head
from models.session import Blob, Session
from pipeline.detections import Detections
from pipeline.letterbox import Letterbox


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """One picture ready for the model, in the layout that its session takes, and the way back to its pixels."""

    fit: Letterbox
    blob: Blob


class Detector:
    """A model with its card. For as many threads at one moment as its session was opened for.

    digest: the SHA-256 of the weights that run, the card's own or its twin's.
    """

    def __init__(self, card: ModelCard, session: Session, digest: str | None = None) -> None:
        self.card = card
        self.session = session
        self.digest = card.digest if digest is None else digest
        self.thresholds: NDArray[np.float32] = np.array([card.thresholds[label] for label in card.labels], np.float32)
        self.thresholds.flags.writeable = False

    def detect(self, image: NDArray[np.uint8], floor: float | None = None) -> Detections:
        """Boxes in a uint8 [H, W, 3] BGR picture, best first, in its own pixels.

        Without `floor` each label's threshold of the card decides. With it, everything that scores at least `floor`
        comes out (a label whose threshold is lower still uses its threshold): trackers and the privacy step want the
        weak boxes too.
        """
        prepared = self.prepare(image)
        return self.read(self.infer(prepared), prepared, floor)

    def detect_all(self, images: Sequence[NDArray[np.uint8]], floor: float | None = None) -> list[Detections]:
        """`detect` for several pictures, in their order; those that are fed at one size run as one batch, where the
        graph takes batches.
        """
        prepared = [self.prepare(image) for image in images]
        batches = self.session.input_shape[0] is None
        alike: dict[tuple[int, ...], list[int]] = {}
        for place, one in enumerate(prepared):
            alike.setdefault(one.blob.shape if batches else (place,), []).append(place)
        found: dict[int, Detections] = {}
        for places in alike.values():
            blobs = [prepared[place].blob for place in places]
            heads = self.session.heads(blobs[0] if len(blobs) == 1 else np.concatenate(blobs))  # type: ignore[arg-type]
            for place, head in zip(places, heads, strict=True):
                found[place] = self.read(head, prepared[place], floor)
        return [found[place] for place in range(len(prepared))]

    def prepare(self, image: NDArray[np.uint8]) -> Prepared:
        """A picture as the model eats it. May run beside `infer`: on another thread, for the next frame."""
        height, width = image.shape[:2]
        fit = input_shape(self.card.preprocessing, width, height)
        pad_value = self.card.preprocessing.pad_value
        if self.session.takes_pixels:
            return Prepared(fit, fit.apply(image, pad_value)[None])
        return Prepared(fit, fit.blob(image, pad_value))

    def infer(self, prepared: Prepared) -> Head:
        """The raw head; raises ModelError where the run fails."""
        (head,) = self.session.heads(prepared.blob)
        return head

    def read(self, head: Head, prepared: Prepared, floor: float | None = None) -> Detections:
        """Detections from the raw head that `infer` gave."""
        least = self.thresholds if floor is None else np.minimum(self.thresholds, np.float32(floor))
        return decode(head, prepared.fit, least, self.card.nms_iou)

    def label_index(self, name: str) -> int:
        """Where a label stands in the card; raises ValueError for one it does not have."""
        return self.card.labels.index(name)


def input_shape(size: Preprocessing, width: int, height: int) -> Letterbox:
    """How a picture of this size goes into a model that is fed so."""
    most_width, most_height = size.width_px, size.height_px
    if not size.rectangular:
        return Letterbox.fit(width, height, most_width, most_height)
    if size.most_pixels:
        most_width = min(most_width, _strides(math.sqrt(size.most_pixels * width / height), size.stride_px))
        most_height = min(most_height, _strides(math.sqrt(size.most_pixels * height / width), size.stride_px))
    return Letterbox.within(width, height, most_width, most_height, size.stride_px)


def _strides(length_px: float, stride_px: int) -> int:
    """The length in whole strides, rounded up (a hair's breadth above is not another stride)."""
    return max(1, math.ceil(length_px / stride_px - 1e-6)) * stride_px
