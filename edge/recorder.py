"""A finished traverse into the outbox: its record, its pictures and its source's progress in one commit."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.assemble import Assembled
from edge.outbox.outbox import Outbox, Progress, Put
from edge.outbox.parcels import pack
from edge.say import Say
from pipeline.events import Finished
from pipeline.reading import Reading


@dataclass(frozen=True, slots=True)
class Recorder:
    """key: seals each traverse as the next link of this device's chain."""

    say: Say
    key: Ed25519PrivateKey

    def record(self, outbox: Outbox, assembled: Assembled, told: Finished, so_far: Progress) -> None:
        """Keep a traverse until the server has it, and say what it holds. Raises OutboxError."""
        traverse, name = told.traverse, assembled.source.name
        parcel, pictures = pack(told, assembled.taxonomy)
        put = outbox.put(parcel, pictures, len(traverse.observations), assembled.fingerprint, so_far, self.key)
        if put is not Put.ADDED:
            outbox.record(assembled.fingerprint, so_far)
        frames = traverse.frames
        self.say(
            f"{name}: traverse {told.number + 1}: {frames.seen} frames, {frames.analysed} analysed, "
            f"{len(traverse.observations)} observations{_numbers(told)}{_plates(told)}"
        )
        if Reading.READER_FAILED in dict(told.readings) and assembled.tools.numbers is not None:
            self.say(f"{name}: numbers could not be read: {assembled.tools.numbers.failure}")


def _numbers(told: Finished) -> str:
    """What became of reading numbers, without any of them."""
    counts = ", ".join(f"{count} {outcome.value}" for outcome, count in told.readings)
    return f"; numbers: {counts}" if counts else ""


def _plates(told: Finished) -> str:
    counts = ", ".join(f"{count} {outcome.value}" for outcome, count in told.platings)
    return f"; plates: {counts}" if counts else ""
