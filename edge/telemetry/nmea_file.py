"""A log of NMEA 0183 sentences, as receivers and dashcams write it; what stands before a $ is passed over."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from edge.errors import TelemetryError
from edge.telemetry.log import NoPositions, Tally, TelemetryKind, TelemetryLog
from edge.telemetry.nmea import LONGEST, Epochs
from pipeline.observation import ClockQuality
from pipeline.pose import Fix

MAX_BYTES: Final = 512 * 1024 * 1024


def read_nmea(path: Path) -> TelemetryLog:
    """The fixes of a log; dates before a week roll-over are told by when the file was written.

    Raises TelemetryError naming the file and what to do where it has none.
    """
    told = path.stat()
    if told.st_size > MAX_BYTES:
        raise TelemetryError(f"{path}: larger than {MAX_BYTES // 1024**2} MiB. Split the log.")
    written = datetime.fromtimestamp(told.st_mtime, UTC).date()
    tally, fixes, epochs = Tally(), list[Fix](), Epochs(lambda: written)
    with path.open("rb") as stream:
        while line := stream.readline(LONGEST):
            start = line.find(b"$")
            for one in epochs.feed(line[start:]) if start >= 0 else ():
                _count(one, fixes, tally)
    for one in epochs.end():
        _count(one, fixes, tally)
    if not fixes:
        raise NoPositions(
            f"{path}: no sentence gives a position with its date ({tally.words() or 'none is there'}). Let the "
            "receiver write GGA and RMC, with checksums."
        )
    return TelemetryLog(TelemetryKind.NMEA, tuple(fixes), tally.counts(), ClockQuality.GNSS)


def _count(one: object, fixes: list[Fix], tally: Tally) -> None:
    if isinstance(one, Fix):
        fixes.append(one)
    else:
        tally.add(one)  # type: ignore[arg-type]  # a fix or a reason
