"""Is a problem still there? A filter over three states (solid, faint, gone), fed by time and by passes that looked."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from server.association.drive import Drive
from server.association.plane import Floats
from server.association.priors import CategoryPrior, Priors
from server.association.state import OpenCase, Standing

NS_PER_H: Final = 3.6e12
NOT_THERE: Final = 1e-9
MOST_TIMES: Final = 4
"""Observations of one thing in one pass beyond these say nothing new: they are not as independent as that."""
ROOT_TWO: Final = math.sqrt(2.0)
Distance = TypeVar("Distance", float, Floats)


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """How a camera sees: horizontal field of view and how far its detections are made."""

    hfov_deg: float
    range_m: float

    @property
    def cos_half(self) -> float:
        """Cosine of half the field of view: what stands at a smaller cosine from the axis is outside."""
        return math.cos(math.radians(self.hfov_deg / 2.0))


def chances(
    place: Floats,
    drive: Drive,
    shift: Floats | None,
    view: View,
    priors: Priors,
    along: NDArray[np.bool_] | None = None,
) -> tuple[Floats, Floats]:
    """([M], [M]) probability that a traverse detects a solid and a faint problem that stands at these places [M, 2].

    shift [N, 2]: added to the drive's path. along [M]: whether passes along this street have seen what stands there, in
    all places where it is not told; what has only been seen from other streets may be hidden by the corner, where it
    stands further aside than this street is wide. Frames are independent of one another except that the whole view may
    be blocked; places that no usable frame looked at have probability 0.
    """
    count, usable = len(place), np.count_nonzero(drive.usable)
    if not count or not usable:
        return np.zeros(count), np.zeros(count)
    path, facing = drive.path if shift is None else drive.path + shift, drive.facing
    if usable < len(path):
        path, facing = path[drive.usable], facing[drive.usable]
    east, north = place[:, :1] - path[:, 0], place[:, 1:] - path[:, 1]
    ahead = east * facing[:, 0] + north * facing[:, 1]
    far = np.sqrt(east * east + north * north)
    seen = (ahead >= np.maximum(far * view.cos_half, priors.view_near_m)) & (far <= view.range_m)
    rate = seen * _rate(far, view, priors)
    open_view: float | Floats = 1.0 - priors.occluded
    if along is not None and not along.all():
        aside = np.abs(east * facing[:, 1] - north * facing[:, 0])
        within = (seen & (aside <= 0.5 * priors.street_width_m)).any(axis=1)
        open_view = np.where(along | within, open_view, open_view * (1.0 - priors.corner_hidden))
    solid, faint = (open_view * (1.0 - (1.0 - share * rate).prod(axis=1)) for share in (1.0, priors.faint_detect))
    return solid, faint


def detection_rate(ahead_m: float, aside_m: float, view: View, priors: Priors) -> float:
    """Share of frames that detect what stands there as seen from the camera; 0 out of view."""
    far = math.hypot(ahead_m, aside_m)
    if ahead_m < priors.view_near_m or far > view.range_m or ahead_m < far * view.cos_half:
        return 0.0
    return _rate(far, view, priors)


def _rate(far: Distance, view: View, priors: Priors) -> Distance:
    """Share of frames that detect what stands in view, by how far it is: it falls evenly to the end of the range."""
    return priors.detect_near + (priors.detect_far - priors.detect_near) / view.range_m * far


def at_time(case: OpenCase, utc_ns: int, priors: Priors) -> tuple[float, float]:
    """(solid, faint) of a case at a time, also at one that lies before its state (a late report).

    Between its first and its last sighting it certainly stood; after the last one the misses so far count in
    proportion; before the first one it stood as likely as it would have lasted that long.
    """
    if utc_ns >= case.as_of_ns:
        return _later(case, (case.solid, case.faint), case.as_of_ns, utc_ns, priors)
    there = _there(case)
    if utc_ns >= case.last_seen_ns:
        missed = (1.0 - _missed_after(case, utc_ns)) * case.waiting
        return _less_likely(_later(case, there, case.last_seen_ns, utc_ns, priors), missed)
    if utc_ns >= case.first_seen_ns:
        return there
    return _later(case, there, 0, case.first_seen_ns - utc_ns, priors)


def after_late_hit(case: OpenCase, utc_ns: int, priors: Priors) -> tuple[float, float, float]:
    """(solid, faint, waiting) at the time of its state, after a sighting from before that time came in."""
    if utc_ns <= case.last_seen_ns:
        return case.solid, case.faint, case.waiting
    waiting = _missed_after(case, utc_ns) * case.waiting
    return *_less_likely(_later(case, _there(case), utc_ns, case.as_of_ns, priors), waiting), waiting


def after_misses(case: OpenCase, nats: float, priors: Priors) -> tuple[float, float]:
    """(solid, faint) at the time of its state, after misses since it was last seen that are this surprising."""
    return _less_likely(_later(case, _there(case), case.last_seen_ns, case.as_of_ns, priors), nats)


def _missed_after(case: OpenCase, utc_ns: int) -> float:
    """The share of the misses since the last sighting that came after a time; they are taken as evenly spread."""
    return min(max((case.as_of_ns - utc_ns) / max(case.as_of_ns - case.missed_ns, 1), 0.0), 1.0)


def _there(case: OpenCase) -> tuple[float, float]:
    """(solid, faint) of a case when it was last seen: that it was missed since made solid less likely, undone here."""
    solid = max(case.solid, 1e-12) * math.exp(min(case.waiting, 50.0))
    whole = solid + max(case.faint, 1e-12)
    return solid / whole, max(case.faint, 1e-12) / whole


def _later(
    case: OpenCase, there: tuple[float, float], since_ns: int, utc_ns: int, priors: Priors
) -> tuple[float, float]:
    """(solid, faint) some time later, by the lives of its kind alone."""
    hours = max(0.0, (utc_ns - since_ns) / NS_PER_H)
    age = max(0.0, (since_ns - case.first_seen_ns) / NS_PER_H)
    solid, faint = there
    if solid > NOT_THERE:
        life = priors.faint_life_h if case.standing is Standing.DISMISSED else priors.of(case.category).life_h
        solid *= survival(life, priors.life_spread, age, hours)
    if faint > NOT_THERE:
        faint *= survival(priors.faint_life_h, priors.life_spread, age, hours)
    return solid, faint


def _less_likely(there: tuple[float, float], nats: float) -> tuple[float, float]:
    """(solid, faint) after misses that are this surprising if it stood and was solid."""
    solid, gone = there[0] * math.exp(-nats), max(0.0, 1.0 - there[0] - there[1])
    whole = max(solid + there[1] + gone, 1e-9)
    return solid / whole, there[1] / whole


def survival(life_h: float, spread: float, age_h: float, hours: float) -> float:
    """Probability to last `hours` more at this known age; lives are log-normal, half a life went by unseen."""
    begun, scale = age_h + 0.5 * life_h, 1.0 / (spread * ROOT_TWO)
    before = math.erfc(math.log(begun / life_h) * scale)
    return max(math.erfc(math.log((begun + hours) / life_h) * scale), 2e-12) / max(before, 2e-12)


def so_often(hit: float, times: int, priors: Priors) -> float:
    """Chance that a pass observes something at least so often, by its chance to observe it at all; as if many frames
    did so rarely and independently (Poisson), which makes less of the times than the few frames of a street do."""
    open_view = 1.0 - priors.occluded
    expected = -math.log1p(-min(hit / open_view, 1.0 - NOT_THERE))
    fewer = term = math.exp(-expected)
    for count in range(1, min(times, MOST_TIMES)):
        term *= expected / count
        fewer += term
    return open_view * (1.0 - fewer)


def when_new(hit_solid: float, hit_faint: float, times: int, priors: Priors) -> tuple[float, float]:
    """(solid, faint) of a new problem, by these chances to be seen at all: how often it was seen tells it from the
    faint ones among what is seen. Where no frame looked, as in a report, it tells nothing."""
    solid, faint = 1.0 - priors.faint_share, priors.faint_share
    if times > 1 and hit_faint > 0.0:
        solid *= so_often(hit_solid, times, priors) / hit_solid
        faint *= so_often(hit_faint, times, priors) / hit_faint
    return solid / (solid + faint), faint / (solid + faint)


def after_hit(solid: float, faint: float, hit_solid: float, hit_faint: float) -> tuple[float, float]:
    """(solid, faint) after it was seen: it is there, and the rarer a faint thing is seen the likelier it is solid."""
    one, two = max(solid, 1e-6) * max(hit_solid, 0.05), max(faint, 1e-6) * max(hit_faint, 0.01)
    return one / (one + two), two / (one + two)


def after_miss(solid: float, faint: float, hit_solid: float, hit_faint: float) -> tuple[float, float]:
    """(solid, faint) after a pass that would have seen it with these probabilities saw nothing."""
    one, two, gone = solid * (1.0 - hit_solid), faint * (1.0 - hit_faint), max(0.0, 1.0 - solid - faint)
    whole = one + two + gone
    return one / whole, two / whole


def density_of_new(prior: CategoryPrior, hours: float | None, near_company: bool, priors: Priors) -> float:
    """Expected number per m² of problems that have come since the place was last looked at, false ones included.

    hours None: nobody has looked yet, so all that stand there are new.
    """
    fresh = 1.0 if hours is None else 1.0 - 0.5 ** (hours / prior.life_h)
    return max(fresh * crowd(prior, near_company, priors), 1e-9) + priors.false_per_km / 1000.0 / priors.street_width_m


def crowd(prior: CategoryPrior, near_company: bool, priors: Priors) -> float:
    """Expected number per m² of problems that stand at one time, in company of their kind or anywhere."""
    company = prior.company / (math.pi * priors.company_radius_m**2) if near_company else 0.0
    return prior.stock_per_km / 1000.0 / priors.street_width_m + company
