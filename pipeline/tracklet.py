"""One thing being followed: where it was, where it should be now, and what the frames called it."""

from __future__ import annotations

import math
from collections import deque
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.boxes import Box
from pipeline.track import Track, View

MOST_VIEWS: Final = 240
NEWEST_SHARE: Final = 0.6
MOST_GROWTH: Final = 0.47
Rates = tuple[float, float, float, float]
"""How fast `_shape` changes, a second."""


class Tracklet:
    """Mutable, and the tracker's own. `box` is the latest place, seen or predicted; label: the one that most votes are
    for. steady: whether the prediction can be relied on. was: a thing of another kind that this may be."""

    __slots__ = (
        "_hits",
        "_rates",
        "_residual",
        "_votes",
        "box",
        "confirmed",
        "family",
        "key",
        "label",
        "missed",
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
        self.label = 0
        self.was: Tracklet | None = None
        self.views: list[View] = []
        self.box: Box = (0.0, 0.0, 0.0, 0.0)
        self.confirmed = False
        self.steady = False
        self.missed = 0
        self.steps = 0
        self.seen_ns = 0
        self.stepped_ns = 0
        self._hits: deque[bool] = deque(maxlen=window)
        self._votes: NDArray[np.float64] = np.zeros(labels, np.float64)
        self._rates: Rates | None = None
        self._residual: Rates | None = None

    @property
    def recent_hits(self) -> int:
        return sum(self._hits)

    @property
    def slack(self) -> float:
        """1-sigma of how far it is found from where it was predicted, as a share of its size."""
        return (0.2 if self.steady else 0.4) + 0.1 * min(self.missed, 4)

    def predict(self, media_ns: int, own: Box | None, camera: Box | None, ground: Box | None) -> Box:
        """Where the thing should be now; the best source that there is decides.

        own: carried by the corners on it; ground: by the poses, standing still on the road; camera: by the camera's
        motion, to which its own steady motion is added; and where there is none of them, by that it moved before.
        """
        elapsed = max(media_ns - self.stepped_ns, 0) / 1e9
        told = ground if own is None else own
        self.steady = told is not None or (camera is not None and self._residual is not None)
        if told is not None:
            return told
        return _advance(self.box, self._rates, elapsed) if camera is None else _advance(camera, self._residual, elapsed)

    def hit(self, view: View, votes: NDArray[np.float64], camera: Box | None = None) -> None:
        """Found as this view shows it. votes: float64 [labels], what the frame calls the thing and how surely; camera:
        as of `predict`."""
        elapsed = (view.media_ns - self.stepped_ns) / 1e9
        if self.views and elapsed > 0 and self.missed == 0:
            self._rates = _blend(self._rates, _rates(self.box, view.xyxy, elapsed))
            if camera is not None:
                self._residual = _blend(self._residual, _rates(camera, view.xyxy, elapsed))
        self.box = view.xyxy
        self.seen_ns = self.stepped_ns = view.media_ns
        self.missed = 0
        self.steps += 1
        self._hits.append(True)
        self._votes += votes
        self.label = int(self._votes.argmax())
        self.views.append(view)
        if len(self.views) > MOST_VIEWS:
            self._thin()

    def miss(self, media_ns: int, predicted: Box) -> None:
        """Not found in this frame; from now on it is where it was predicted."""
        self.box = predicted
        self.stepped_ns = media_ns
        self.missed += 1
        self.steps += 1
        self._hits.append(False)

    def track(self) -> Track:
        """The finished value."""
        return Track(self.key, self.label, tuple(self.views), None if self.was is None else self.was.label)

    def _thin(self) -> None:
        """Halve the older views of a long stay; the first and the best always remain."""
        old = int(len(self.views) * NEWEST_SHARE)
        best = max(range(old), key=lambda at: self.views[at].worth)
        self.views = [view for at, view in enumerate(self.views) if at >= old or at % 2 == 0 or at == best]


def _shape(box: Box) -> tuple[float, float, float, float]:
    """The box's centre in px, and the logarithms of its width and height."""
    x1, y1, x2, y2 = box
    return (x1 + x2) / 2.0, (y1 + y2) / 2.0, math.log(max(x2 - x1, 1.0)), math.log(max(y2 - y1, 1.0))


def _rates(before: Box, after: Box, elapsed_s: float) -> Rates:
    x, y, log_w, log_h = _shape(before)
    to_x, to_y, to_log_w, to_log_h = _shape(after)
    return (
        (to_x - x) / elapsed_s,
        (to_y - y) / elapsed_s,
        (to_log_w - log_w) / elapsed_s,
        (to_log_h - log_h) / elapsed_s,
    )


def _blend(old: Rates | None, new: Rates) -> Rates:
    if old is None:
        return new
    x, y, w, h = old
    return 0.5 * x + 0.5 * new[0], 0.5 * y + 0.5 * new[1], 0.5 * w + 0.5 * new[2], 0.5 * h + 0.5 * new[3]


def _advance(box: Box, rates: Rates | None, elapsed_s: float) -> Box:
    """A box moved on at steady rates; growth is limited to a factor of 1.6, for a jittering far box means nothing."""
    if rates is None:
        return box
    x, y, log_w, log_h = _shape(box)
    x, y = x + rates[0] * elapsed_s, y + rates[1] * elapsed_s
    half_w = math.exp(log_w + _limited(rates[2] * elapsed_s)) / 2.0
    half_h = math.exp(log_h + _limited(rates[3] * elapsed_s)) / 2.0
    return x - half_w, y - half_h, x + half_w, y + half_h


def _limited(growth: float) -> float:
    return min(max(growth, -MOST_GROWTH), MOST_GROWTH)
