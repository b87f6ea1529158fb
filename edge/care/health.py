"""How a worker is, judged part by part: what `/healthz` answers. Values in, a verdict out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from edge.care.vitals import Pulse, Stage
from edge.outbox.counts import OutboxCounts

STALLED_S: Final = 60.0
UPLOAD_OLD_S: Final = 3600.0
LOW_BYTES: Final = 2 << 30
FULL_BYTES: Final = 256 << 20


class State(StrEnum):
    """GOOD, worth a look, or not doing its work; only the last makes the whole answer 503."""

    GOOD = "good"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    state: State
    said: str


@dataclass(frozen=True, slots=True)
class Supervised:
    """What the supervisor wrote down before it started this worker."""

    restarts: int
    rests: int
    why: str


@dataclass(frozen=True, slots=True)
class Health:
    """The parts, and the figures they were judged by."""

    parts: tuple[Part, ...]
    pulse: Pulse
    counts: OutboxCounts | None
    free_bytes: int | None

    @property
    def good(self) -> bool:
        return all(part.state is not State.BAD for part in self.parts)


def judge(
    pulse: Pulse,
    counts: OutboxCounts | None,
    free_bytes: int | None,
    supervised: Supervised | None,
    more: tuple[Part, ...] = (),
) -> Health:
    """counts, free_bytes: None where the outbox or the disk could not be read. more: judged elsewhere."""
    parts = [_work(pulse), _upload(pulse, counts), _outbox(counts), _disk(free_bytes)]
    if pulse.celsius is not None:
        parts.append(_warmth(pulse))
    if pulse.turned_back:
        told = ", ".join(f"{why} {count}" for why, count in sorted(pulse.turned_back.items()))
        parts.append(Part("renewal", State.WARN, f"turned back: {told}"))
    if supervised is not None:
        parts.append(_starts(supervised))
    return Health((*parts, *more), pulse, counts, free_bytes)


def as_json(health: Health) -> dict[str, Any]:
    """The answer of /healthz."""
    pulse, counts = health.pulse, health.counts
    return {
        "good": health.good,
        "parts": {part.name: {"state": part.state, "said": part.said} for part in health.parts},
        "stage": pulse.stage,
        "source": pulse.source,
        "up_s": round(pulse.up_s, 1),
        "last_frame_age_s": _rounded(pulse.frame_age_s),
        "last_upload_age_s": _rounded(pulse.upload_age_s),
        "detector_s": None if pulse.detector_s is None else round(pulse.detector_s, 4),
        "celsius": _rounded(pulse.celsius),
        "band": pulse.band,
        "models": dict(pulse.models),
        "turned_back": dict(pulse.turned_back),
        "configuration": pulse.configuration,
        "frames": {"analysed": pulse.analysed, "skipped": dict(pulse.skipped), "quarantined": dict(pulse.quarantined)},
        "rejected": dict(pulse.rejected),
        "traverses": pulse.traverses,
        "observations": pulse.observations,
        "withheld": pulse.withheld,
        "outbox": None
        if counts is None
        else {
            "made": counts.made,
            "acknowledged": counts.acknowledged,
            "waiting": counts.waiting,
            "parked": counts.parked,
            "pictures_waiting": counts.pictures_waiting,
            "pictures_parked": counts.pictures_parked,
        },
        "disk_free_bytes": health.free_bytes,
    }


def _work(pulse: Pulse) -> Part:
    if pulse.stage in (Stage.INSPECTING, Stage.WAITING) and pulse.turn_age_s > STALLED_S:
        return Part("work", State.BAD, f"no progress for {pulse.turn_age_s:.0f} s")
    if pulse.stage is Stage.COOLING:
        return Part("work", State.WARN, "inspecting is paused until the computer has cooled")
    if pulse.sources_failed:
        return Part("work", State.WARN, f"{pulse.sources_failed} source(s) could not be inspected to their end")
    return Part("work", State.GOOD, f"{pulse.stage} {pulse.source}".rstrip())


def _upload(pulse: Pulse, counts: OutboxCounts | None) -> Part:
    """Hours without signal are a vehicle's life: never BAD."""
    waiting = 0 if counts is None else counts.items_waiting
    age_s = pulse.up_s if pulse.upload_age_s is None else pulse.upload_age_s
    if waiting and pulse.upload_waits:
        return Part("upload", State.WARN, f"{waiting} items wait: {pulse.upload_waits}")
    if waiting and age_s > UPLOAD_OLD_S:
        return Part("upload", State.WARN, f"{waiting} items wait, and nothing was sent for {age_s / 60:.0f} min")
    return Part("upload", State.GOOD, f"{waiting} items wait")


def _outbox(counts: OutboxCounts | None) -> Part:
    if counts is None:
        return Part("outbox", State.BAD, "cannot be read")
    if not counts.conserved:
        return Part("outbox", State.BAD, "made is not acknowledged + waiting + parked")
    if counts.parked or counts.pictures_parked:
        said = f"{counts.parked} observations and {counts.pictures_parked} pictures are parked"
        return Part("outbox", State.WARN, f"{said}; see: steward edge doctor")
    return Part("outbox", State.GOOD, f"{counts.made} made, {counts.acknowledged} acknowledged")


def _disk(free_bytes: int | None) -> Part:
    if free_bytes is None:
        return Part("disk", State.BAD, "cannot be read")
    said = f"{free_bytes / (1 << 30):.1f} GiB free"
    if free_bytes < FULL_BYTES:
        return Part("disk", State.BAD, said)
    return Part("disk", State.WARN if free_bytes < LOW_BYTES else State.GOOD, said)


def _warmth(pulse: Pulse) -> Part:
    state = {"normal": State.GOOD, "critical": State.BAD}.get(pulse.band, State.WARN)
    return Part("warmth", state, f"{pulse.celsius:.0f} °C, {pulse.band}")


def _starts(supervised: Supervised) -> Part:
    if not supervised.restarts:
        return Part("restarts", State.GOOD, "none")
    said = f"{supervised.restarts} since the supervisor began; last: {supervised.why}"
    return Part("restarts", State.WARN, said + (f"; {supervised.rests} long pause(s)" if supervised.rests else ""))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
