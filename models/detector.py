"""A detector: a picture in, Detections out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.card import ModelCard
from models.decode import decode
from models.session import Session
from pipeline.letterbox import Letterbox
from pipeline.types import Detections


class Detector:
    """A model with its card. Not for several threads at once: open one for each."""

    def __init__(self, card: ModelCard, session: Session) -> None:
        self.card = card
        self.session = session
        self.thresholds: NDArray[np.float32] = np.array([card.thresholds[label] for label in card.labels], np.float32)
        self.thresholds.flags.writeable = False

    def detect(self, image: NDArray[np.uint8], floor: float | None = None) -> Detections:
        """Boxes in a uint8 [H, W, 3] BGR picture, best first, in its own pixels.

        Without `floor` each label's threshold of the card decides. With it, everything that scores at least `floor`
        comes out (a label whose threshold is lower still uses its threshold): trackers and the privacy step want the
        weak boxes too.
        """
        return self.read(self.run(image), image, floor)

    def run(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The raw head for a picture."""
        return self.session.run(self.fit(image).blob(image, self.card.preprocessing.pad_value))

    def read(self, head: NDArray[np.float32], image: NDArray[np.uint8], floor: float | None = None) -> Detections:
        """Detections from the raw head that `run` gave for this picture."""
        least = self.thresholds if floor is None else np.minimum(self.thresholds, np.float32(floor))
        return decode(head, self.fit(image), least, self.card.nms_iou)

    def fit(self, image: NDArray[np.uint8]) -> Letterbox:
        """How a picture of this size goes into the model."""
        height, width = image.shape[:2]
        size = self.card.preprocessing
        return Letterbox.fit(width, height, size.width_px, size.height_px)

    def label_index(self, name: str) -> int:
        """Where a label stands in the card; raises ValueError for one it does not have."""
        return self.card.labels.index(name)
