"""Traverses and their observations as rows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from pydantic_core import to_json
from sqlalchemy import bindparam, select, update

from pipeline.observation import Observation
from pipeline.traverse import Traverse
from server.association.outcome import Shift
from server.intake.receipts import ObservationLink
from server.records.adding import inserting, table_of
from server.records.engines import Written
from server.records.pending import Pending
from server.records.pictures import DeclaredEvidence
from server.records.prepared import Prepared
from server.records.tables import Device, FrameTally, ObservationRow, TraverseRow

_TRAVERSE: Final = inserting(TraverseRow)
_TALLIES: Final = inserting(FrameTally)
_SEEN: Final = inserting(ObservationRow)
_DECLARED: Final = inserting(DeclaredEvidence)
_DEVICE: Final = table_of(Device)
_FREE: Final = select(_DEVICE.c.id).where(_DEVICE.c.id == bindparam("device"))
_HEARD: Final = Prepared(
    update(_DEVICE)
    .where(_DEVICE.c.id.in_(_FREE.with_for_update(key_share=True, skip_locked=True)))
    .values(last_traverse_ns=bindparam("now_ns"))
)
"""Where another transaction is writing the same of this device nothing is to be done: all that one device sends, or all
citizens, would else wait for one another from here to the commit."""


@dataclass(frozen=True, slots=True)
class Body:
    """A traverse's JSON as it is kept, and its SHA-256."""

    content: bytes
    sha256: str

    @classmethod
    def of(cls, content: bytes) -> Self:
        return cls(content, hashlib.sha256(content).hexdigest())


def keep_traverse(rows: Pending, device_id: str, traverse: Traverse, body: Body, shift: Shift, now_ns: int) -> None:
    """Keep a new traverse and its frames. shift: what the engine found for it."""
    traverse_id = str(traverse.id)
    times = [pose.utc_ns for pose in traverse.poses]
    row = {
        "id": traverse_id,
        "device_id": device_id,
        "body_sha256": body.sha256,
        "body": body.content,
        "received_ns": now_ns,
        "observations": len(traverse.observations),
        "first_ns": min(times, default=None),
        "last_ns": max(times, default=None),
        "offset_east_m": shift.east_m,
        "offset_north_m": shift.north_m,
    }
    rows.add(_TRAVERSE, [row])
    rows.add(_TALLIES, _tallies(traverse))


def note_heard(rows: Pending, device_ids: Iterable[str], now_ns: int) -> None:
    """Write down that these devices were heard."""
    rows.add(_HEARD, [{"device": device_id, "now_ns": now_ns} for device_id in sorted(set(device_ids))])


def keep_observations(rows: Pending, traverse: Traverse, links: Sequence[ObservationLink]) -> None:
    """Keep a traverse's observations with what became of them, and the pictures that they declare."""
    traverse_id = str(traverse.id)
    both = enumerate(zip(traverse.observations, links, strict=True))
    rows.add(_SEEN, [_seen(traverse_id, position, seen, link) for position, (seen, link) in both])
    rows.add(_DECLARED, [row for seen in traverse.observations for row in _declared(seen)])


def _seen(traverse_id: str, position: int, seen: Observation, link: ObservationLink) -> dict[str, Any]:
    sigma = None if seen.covariance is None else max(seen.covariance.ee, seen.covariance.nn) ** 0.5
    return {
        "id": link.observation_id,
        "traverse_id": traverse_id,
        "position": position,
        "category": seen.category,
        "utc_ns": seen.utc_ns,
        "lat": seen.lat,
        "lon": seen.lon,
        "sigma_m": sigma,
        "camera_lat": seen.camera_lat,
        "camera_lon": seen.camera_lon,
        "camera_heading_deg": seen.camera_heading_deg,
        "range_m": seen.range_m,
        "score": seen.score,
        "model_digest": seen.model_digest,
        "attributes": _json(dict(seen.attributes)),
        "outcome": link.outcome.value,
        "reason": link.reason,
        "case_id": link.case_id,
    }


def _declared(seen: Observation) -> list[dict[str, Any]]:
    return [
        {
            "observation_id": str(seen.id),
            "position": position,
            "sha256": item.sha256,
            "role": item.role,
            "media_type": item.media_type,
            "size_bytes": item.size_bytes,
            "redaction": item.redaction,
            "box": None if item.box is None else _json(item.box),
        }
        for position, item in enumerate(seen.evidence)
    ]


def _json(checked: object) -> Written:
    """A value that was checked as it came in, so that all of its texts are Unicode, as JSON."""
    return Written(to_json(checked, inf_nan_mode="constants").decode())


def _tallies(traverse: Traverse) -> list[dict[str, Any]]:
    counts = [("analysed", "", traverse.frames.analysed)]
    counts += [("skipped", reason.value, n) for reason, n in traverse.frames.skipped]
    counts += [("quarantined", reason.value, n) for reason, n in traverse.frames.quarantined]
    return [{"traverse_id": str(traverse.id), "stage": stage, "reason": why, "frames": n} for stage, why, n in counts]
