"""What a mechanic wants to know of a vehicle's computer before it drives off."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import av
import httpx
from pydantic import BaseModel, ValidationError

from edge.assemble import Job, assemble, check_files
from edge.care.monitor import live_token
from edge.care.shedding import limits_of
from edge.care.thermal import Band, next_band, warmest
from edge.config import EdgeConfig, HealthTable, LiveTable, SamplingTable, ServerTable, ShadowTable, ThermalTable
from edge.detectors import Models, open_models
from edge.errors import EdgeError
from edge.jobs import job_of
from edge.outbox.outbox import OUTBOX_FILE, Outbox
from edge.outbox.parcels import ParkReason
from edge.reading import NOT_INSTALLED, open_reader
from edge.renewal.model_updates import open_current
from edge.renewal.shadow import open_challenger
from edge.trial import try_camera, try_receiver
from edge.upload.enrol import read_credentials
from edge.upload.trust import trusted
from models.errors import ModelError
from pipeline.sampling import closer_of

LOW_BYTES: Final = 2 << 30
NO_SENSOR: Final = (
    "no sensor can be read, so work is never shed, however warm it gets. Where the readings lie elsewhere, name that "
    "folder as thermal.sensors; where this computer has none, take [thermal] out and look after its cooling"
)
NO_ROOT: Final = "is not there. Copy the repository's 1.root.json."


@dataclass(frozen=True, slots=True)
class Finding:
    """look: it is in order, and something that was asked for will not be done here all the same."""

    what: str
    good: bool
    said: str
    look: bool = False


def examine(config: EdgeConfig | None, *, release: bool = False) -> tuple[Finding, ...]:
    """Everything that can be checked without footage; with a configuration also state, sources and server."""
    models = _opened(config)
    findings = [*_models(models), _reader(), _encoder()]
    if config is not None:
        findings += [_disk(config.device.state_dir), *_outbox(config.device.state_dir, release)]
        findings.append(Finding("looks", True, _looks(config.sampling)))
        findings += [_source(job_of(config, one), models) for one in config.source]
        for one in config.live:
            findings += _live(one, job_of(config, one))
        if config.telemetry is not None:
            findings.append(Finding("receiver", *try_receiver(config.telemetry)))
        if config.thermal is not None:
            findings.append(_warmth(config.thermal))
        if config.shadow is not None:
            findings.append(_shadow(config.shadow, models))
        if config.health is not None:
            findings += _running(config.health)
        if config.updates is not None:
            findings.append(_root(config.updates.root))
        if config.server is not None:
            findings += [examine_server(config.server), _enrolled(config.device.state_dir)]
    return tuple(findings)


def _opened(config: EdgeConfig | None) -> Models | ModelError:
    try:
        return open_models() if config is None else open_current(config)
    except ModelError as error:
        return error


def _models(models: Models | ModelError) -> Iterator[Finding]:
    if isinstance(models, ModelError):
        yield Finding("models", False, str(models))
        return
    yield Finding("models", True, ", ".join(f"{name} {digest[:12]}" for name, digest in models.digests.items()))
    session = models.street.session
    faster = "".join(f"; not on {rung.provider}: {rung.why}" for rung in session.refused)
    yield Finding("inference", True, f"on {session.provider}{faster}")


def _reader() -> Finding:
    """A vehicle that reads no numbers is in order too."""
    reader = open_reader()
    return Finding("numbers", True, NOT_INSTALLED if reader is None else f"read by {reader.name}")


def _encoder() -> Finding:
    good = "libx264" in av.codecs_available
    return Finding("video", good, f"PyAV {av.__version__}, H.264 encoder {'there' if good else 'missing'}")


def _disk(state_dir: Path) -> Finding:
    place = next(folder for folder in (state_dir, *state_dir.parents) if folder.exists())
    free = shutil.disk_usage(place).free
    return Finding("disk", free > LOW_BYTES, f"{free / (1 << 30):.1f} GiB free at {place}")


def _outbox(state_dir: Path, release: bool) -> Iterator[Finding]:
    path = state_dir / OUTBOX_FILE
    if not path.exists():
        yield Finding("outbox", True, "none yet")
        return
    try:
        outbox = Outbox.open(path)
        released = outbox.release() if release else 0
        counts, seal = outbox.counts(), outbox.last_seal()
        parked = [one for one in outbox.parked() if one[1] is not ParkReason.NO_ROOM]
        outbox.close()
    except EdgeError as error:
        yield Finding("outbox", False, str(error))
        return
    said = f"{counts.made} made = {counts.acknowledged} acknowledged, {counts.waiting} waiting, {counts.parked} parked"
    yield Finding("outbox", counts.conserved, said + (f"; {released} released" if release else ""))
    for one in counts.reasons:
        what = f"{one.observations} observations in {one.records} records, and {one.pictures} pictures"
        deleted = ": deleted, since the disk was full" if one.reason is ParkReason.NO_ROOM else ""
        yield Finding(f"parked as {one.reason}", False, what + deleted)
    if seal is not None:
        yield Finding("seals", True, f"{seal.number} records signed; the last is {seal.digest[:12]}")
    for ident, reason, message in parked[:20]:
        yield Finding(f"parked {ident[:12]}", False, f"{reason}: {message}")


def _source(job: Job, models: Models | ModelError) -> Finding:
    """Footage with all that its pass reads, as far as that can be told without a look at a frame, or without models."""
    try:
        if isinstance(models, ModelError):
            return Finding("source", True, f"{job.footage}: not looked at without models")
        assembled = assemble(replace(job, clock_offset_s=job.clock_offset_s or 0.0), models)
    except (EdgeError, ModelError) as error:
        return Finding("source", False, str(error))
    source, told = assembled.source, assembled.telemetry
    placed = "no positions" if told is None else f"{told['fixes']} positions ({told['kind']})"
    said = f"{source.name}: {source.width_px}×{source.height_px}, {source.n_frames} frames, {placed}"
    return Finding("source", True, said)


def _live(one: LiveTable, job: Job) -> Iterator[Finding]:
    """A camera, and the files that its passes read. Its optics are held against the pictures it gives."""
    tried = try_camera(one)
    yield Finding("camera", tried.good, tried.said)
    try:
        check_files(job, one.sizes or ([] if tried.size is None else [tried.size]))
    except EdgeError as error:
        yield Finding("camera", False, f"{one.name}: {error}")


def _root(path: Path) -> Finding:
    return Finding("updates", path.is_file(), f"{path}: {'there' if path.is_file() else NO_ROOT}")


def _looks(asked: SamplingTable) -> str:
    if asked.distance_m == 0.0:
        return "every frame"
    closer_m = closer_of(asked.distance_m, asked.closer_m)
    closer = f", every {closer_m:g} m while something may be a problem" if closer_m < asked.distance_m else ""
    return f"every {asked.distance_m:g} m{closer}"


def _warmth(asked: ThermalTable) -> Finding:
    celsius = warmest(asked.sensors)
    if celsius is None:
        return Finding("temperature", True, f"{asked.sensors}: {NO_SENSOR}", look=True)
    band = next_band(Band.NORMAL, celsius, limits_of(asked))
    return Finding("temperature", band is not Band.CRITICAL, f"{celsius:.0f} °C, {band}")


def _shadow(asked: ShadowTable, models: Models | ModelError) -> Finding:
    """A challenger, held against the model that it would look along with."""
    if isinstance(models, ModelError):
        return Finding("shadow", True, f"{asked.model}: not looked at without models")
    try:
        challenger = open_challenger(asked, models.street.card.labels)
    except ModelError as error:
        return Finding("shadow", False, f"{error}; the worker goes on without it")
    card = challenger.card
    return Finding("shadow", True, f"{card.name} {card.version} looks along on {asked.share:.0%} of the frames")


def examine_server(asked: ServerTable) -> Finding:
    try:
        answer = httpx.get(f"{asked.url}/healthz", timeout=5.0, verify=trusted(asked))
    except (httpx.HTTPError, EdgeError) as error:
        return Finding("server", False, f"{asked.url}: {error}")
    return Finding("server", answer.is_success, f"{asked.url}: {answer.status_code}")


def _running(asked: HealthTable) -> Iterator[Finding]:
    """What the worker says of itself; one that is not running is nothing wrong before the shift."""
    listen = asked.listen
    try:
        live_token(asked)
    except EdgeError as error:
        yield Finding("live view", False, str(error))
    try:
        told = _Told.model_validate_json(httpx.get(f"http://{listen}/healthz", timeout=5.0).content)
    except httpx.HTTPError:
        yield Finding("worker", True, f"none answers at {listen}")
        return
    except ValidationError:
        yield Finding("worker", False, f"{listen}: something else answers there; change health.listen")
        return
    for name, part in told.parts.items():
        yield Finding(f"worker: {name}", part.state != "bad", part.said)


class _Told(BaseModel):
    """The part of /healthz that is read here."""

    class Part(BaseModel):
        state: str
        said: str

    parts: dict[str, Part]


def _enrolled(state_dir: Path) -> Finding:
    try:
        credentials = read_credentials(state_dir)
    except EdgeError as error:
        return Finding("enrolment", False, str(error))
    if credentials is None:
        return Finding("enrolment", False, "not enrolled; run: steward edge enrol --config edge.toml")
    return Finding("enrolment", True, f"device {credentials.device_id} at {credentials.server}")
