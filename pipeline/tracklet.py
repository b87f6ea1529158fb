"""One thing being followed: where it was, where it should be now, and what the frames called it."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from pipeline.pose import Pose
from pipeline.track import NOT_HIDDEN, Sides, Track, View

MOST_VIEWS = 240
NEWEST_SHARE = 0.6


class Tracklet:
    """Mutable, and the tracker's own. `box` float32 [4] is the latest place, seen or predicted. steady: whether the
    prediction can be relied on; grounded: whether the poses made it. was: a thing of another kind that this may be."""

    __slots__ = (
        "_hits",
        "_rates",
        "_residual",
        "_votes",
        "box",
        "confirmed",
        "family",
        "grounded",
        "key",
        "missed",
        "predicted",
        "seen_ns",
        "steady",
        "stepped_ns",
        "steps",
        "views",
        "was",
    )

    def __init__(self, key: int, family: int, labels: int, window: int) -> None:
        self.key = key
        self.family = family
        self.was: Tracklet | None = None
        self.views: list[View] = []
        self.box: NDArray[np.float32] = np.zeros(4, np.float32)
        self.predicted: NDArray[np.float32] = self.box
        self.confirmed = False
        self.steady = False
        self.grounded = False
        self.missed = 0
        self.steps = 0
        self.seen_ns = 0
        self.stepped_ns = 0
        self._hits: deque[bool] = deque(maxlen=window)
        self._votes: NDArray[np.float64] = np.zeros(labels, np.float64)
        self._rates: NDArray[np.float64] | None = None
        self._residual: NDArray[np.float64] | None = None

    @property
    def recent_hits(self) -> int:
        return sum(self._hits)

    @property
    def slack(self) -> float:
        """1-sigma of how far it is found from where it was predicted, as a share of its size."""
        return (0.2 if self.steady else 0.4) + 0.1 * min(self.missed, 4)

    def predict(
        self,
        media_ns: int,
        own: NDArray[np.float32] | None,
        camera: NDArray[np.float32] | None,
        ground: NDArray[np.float32] | None,
    ) -> None:
        """Say where the thing should be now; the best source that there is decides.

        own: carried by the corners on it; ground: by the poses, standing still on the road; camera: by the camera's
        motion, to which its own steady motion is added; and where there is none of them, by that it moved before.
        """
        elapsed = max(media_ns - self.stepped_ns, 0) / 1e9
        self.grounded = own is None and ground is not None
        self.steady = own is not None or ground is not None
        if own is not None:
            self.predicted = own
        elif ground is not None:
            self.predicted = ground
        elif camera is not None:
            self.predicted = _advance(camera, self._residual, elapsed)
            self.steady = self._residual is not None
        else:
            self.predicted = _advance(self.box, self._rates, elapsed)

    def hit(
        self,
        frame_index: int,
        media_ns: int,
        box: NDArray[np.float32],
        score: float,
        votes: NDArray[np.float64],
        pose: Pose | None,
        camera: NDArray[np.float32] | None,
        hidden: Sides = NOT_HIDDEN,
    ) -> None:
        """Take a detection. votes: float64 [labels], what this frame calls the thing and how surely."""
        elapsed = (media_ns - self.stepped_ns) / 1e9
        if self.views and elapsed > 0 and self.missed == 0:
            self._rates = _blend(self._rates, _rates(self.box, box, elapsed))
            if camera is not None:
                self._residual = _blend(self._residual, _rates(camera, box, elapsed))
        self.box, self.predicted = box, box
        self.seen_ns = self.stepped_ns = media_ns
        self.missed = 0
        self.steps += 1
        self._hits.append(True)
        # A near view says more about what a thing is than a far one.
        self._votes += votes * np.sqrt(max(float((box[2] - box[0]) * (box[3] - box[1])), 1.0))
        x1, y1, x2, y2 = (float(side) for side in box)
        self.views.append(View(frame_index, media_ns, (x1, y1, x2, y2), score, pose, hidden))
        if len(self.views) > MOST_VIEWS:
            self._thin()

    def miss(self, media_ns: int) -> None:
        """Not found in this frame; from now on it is where it was predicted."""
        self.box = self.predicted
        self.stepped_ns = media_ns
        self.missed += 1
        self.steps += 1
        self._hits.append(False)

    def label(self) -> int:
        """The label most votes are for."""
        return int(self._votes.argmax())

    def track(self) -> Track:
        """The finished value."""
        return Track(self.key, self.label(), tuple(self.views), None if self.was is None else self.was.label())

    def _thin(self) -> None:
        """Halve the older views of a long stay; the first and the best always remain."""
        old = int(len(self.views) * NEWEST_SHARE)
        best = max(range(old), key=lambda at: self.views[at].worth)
        self.views = [view for at, view in enumerate(self.views) if at >= old or at % 2 == 0 or at == best]


def _shape(box: NDArray[np.float32]) -> NDArray[np.float64]:
    """[4] the box's centre in px, and the logarithms of its width and height."""
    x1, y1, x2, y2 = box.astype(np.float64)
    return np.array([(x1 + x2) / 2, (y1 + y2) / 2, np.log(max(x2 - x1, 1.0)), np.log(max(y2 - y1, 1.0))])


def _rates(before: NDArray[np.float32], after: NDArray[np.float32], elapsed_s: float) -> NDArray[np.float64]:
    """[4] how fast `_shape` changes, a second."""
    return (_shape(after) - _shape(before)) / elapsed_s


def _blend(old: NDArray[np.float64] | None, new: NDArray[np.float64]) -> NDArray[np.float64]:
    return new if old is None else 0.5 * old + 0.5 * new


def _advance(box: NDArray[np.float32], rates: NDArray[np.float64] | None, elapsed_s: float) -> NDArray[np.float32]:
    """A box moved on at steady rates; growth is limited to a factor of 1.6, for a jittering far box means nothing."""
    if rates is None:
        return box
    step = rates * elapsed_s
    x, y, log_w, log_h = _shape(box) + np.array([step[0], step[1], *np.clip(step[2:], -0.47, 0.47)])
    half_w, half_h = np.exp(log_w) / 2, np.exp(log_h) / 2
    return np.array([x - half_w, y - half_h, x + half_w, y + half_h], np.float32)
