"""`steward edge …`: the commands of a vehicle. Each hands over at once; an error is one line and exit code 2.

Each loads only what it needs: the supervisor stays in memory beside the worker all day.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from edge import options
from edge.bulk.options import EngineName
from edge.config import read_config
from edge.errors import DiskFull, EdgeError, OutboxHindered
from edge.nodump import forbid_dumps
from models.cores import usable_cores
from models.errors import ModelError
from pipeline.observation import SourceKind

app = typer.Typer(
    help="The worker on a vehicle: inspect footage, keep what was found, send it.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
BAD_INPUT = 2
PARKED = 3
TRY_LATER = 4


@contextmanager
def _said() -> Iterator[None]:
    """An error that the user can mend is one line, and exit code 2."""
    try:
        yield
    except (EdgeError, ModelError) as error:
        typer.echo(f"steward: {error}", err=True)
        raise typer.Exit(BAD_INPUT) from error


@app.command()
def inspect(
    footage: options.Footage,
    out: options.OutFolder,
    telemetry: options.TelemetryFile = None,
    camera: options.CameraFile = None,
    zones: options.ZonesFile = None,
    bins: options.BinsFile = None,
    distance: options.Distance = None,
    closer: options.Closer = None,
    clock_offset: options.ClockOffset = None,
    kind: options.Kind = None,
    models: options.ModelsFolder = None,
    enforcement_key: options.EnforcementKey = None,
    annotate: options.Annotate = True,
    as_json: options.AsJson = False,
    jobs: options.Jobs = None,
    engine: options.Engine = None,
) -> None:
    """Find problems in footage. Of a tree each piece has a folder below --out; run again, it does what is not done yet.

    Example: steward edge inspect drive.mp4 --telemetry drive.gpx --out found/

    Example: steward edge inspect footage/ --out found/ --jobs 4
    """
    from edge.assemble import Job, assemble
    from edge.bulk.command import inspect_trees
    from edge.bulk.run import Order
    from edge.bulk.tree import is_tree
    from edge.detectors import open_models
    from edge.inspection.footage import inspect_into
    from edge.inspection.screen import bar, plain, tell_summary

    with _said():
        job = Job(
            footage=None,
            telemetry=telemetry,
            camera=camera,
            zones=zones,
            bins=bins,
            kind=None if kind is None else SourceKind(kind),
            distance_m=distance,
            closer_m=closer,
            clock_offset_s=clock_offset,
            every_picture=annotate,
            enforcement_key=enforcement_key,
        )
        if jobs is not None or engine is not None or is_tree(footage):
            order = Order(job, out, models, annotate)
            if not inspect_trees(footage, order, engine or EngineName.PROCESS, jobs or usable_cores(), as_json):
                raise typer.Exit(BAD_INPUT)
            return
        assembled = assemble(replace(job, footage=footage[0]), open_models(models))
        with bar(plain(stderr=True), assembled.source.n_frames, hidden=as_json or not sys.stderr.isatty()) as step:
            summary = inspect_into(assembled, out, annotate, step)
    if as_json:
        typer.echo(json.dumps(summary, ensure_ascii=False))
    else:
        tell_summary(plain(), summary, assembled.taxonomy)


@app.command()
def run(config: Annotated[Path, typer.Option(help="edge.toml")]) -> None:
    """Inspect the configured sources and send what was found; loses nothing when it is killed.

    Example: steward edge run --config edge.toml
    """
    from edge.worker import Worker

    with _said():
        forbid_dumps()
        stop = threading.Event()
        for one in (signal.SIGTERM, signal.SIGINT):
            signal.signal(one, lambda *_: stop.set())
        try:
            ended = Worker(read_config(config), _line, stop).run()
        except (OutboxHindered, DiskFull) as error:
            # No bad input: whoever supervises the worker starts it again until there is room.
            typer.echo(f"steward: {error}", err=True)
            raise typer.Exit(TRY_LATER) from error
    counts = ended.counts
    _line(
        f"observations: {counts.made} made = {counts.acknowledged} acknowledged + {counts.waiting} waiting"
        f" + {counts.parked} parked; pictures: {counts.pictures_waiting} waiting, {counts.pictures_parked} parked"
    )
    if ended.failed:
        typer.echo(f"steward: {len(ended.failed)} source(s) failed; first: {ended.failed[0]}", err=True)
        raise typer.Exit(BAD_INPUT)
    if counts.parked or counts.pictures_parked:
        typer.echo("steward: some items are parked and were not sent; see: steward edge doctor", err=True)
        raise typer.Exit(PARKED)


@app.command()
def supervise(config: Annotated[Path, typer.Option(help="edge.toml")]) -> None:
    """Run the worker, and start it again when it dies or hangs; this is what a vehicle's service runs.

    Example: steward edge supervise --config edge.toml
    """
    from edge.supervision.notify import Notifier
    from edge.supervision.supervisor import Supervisor, worker_command

    with _said():
        forbid_dumps()
        told = read_config(config)
        supervisor = Supervisor(worker_command(config), told, _line, Notifier(os.environ))
        for one in (signal.SIGTERM, signal.SIGINT):
            signal.signal(one, lambda *_: supervisor.ask_to_stop())
        code = supervisor.run()
    raise typer.Exit(code)


@app.command()
def verify(
    folder: Annotated[Path, typer.Argument(help="With chain.jsonl, as `steward server chain --out` writes it")],
    key: Annotated[str, typer.Option(help="The device's public key in base64, or a file that holds it")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False,
) -> None:
    """Check that nothing was taken out of a device's records, changed or moved; exit code 3 where something was.

    Example: steward edge verify car-07/ --key car-07.pub
    """
    from edge.proof.verify import verify_folder

    with _said():
        found = verify_folder(folder, key)
    if as_json:
        typer.echo(json.dumps({"whole": found.whole, **asdict(found)}))
    else:
        typer.echo(
            f"{'whole' if found.whole else 'NOT WHOLE'}: {found.records} records, the last has number {found.last}"
        )
        for one in found.findings:
            typer.echo(f"  {one.number:>8} {one.flaw:<9} {one.said}")
        typer.echo(f"pictures: {found.pictures} looked at" + "".join(f"\n  not sealed: {name}" for name in found.alien))
    if not found.whole:
        raise typer.Exit(PARKED)


@app.command()
def unit(
    config: Annotated[Path, typer.Option(help="edge.toml, where the service finds it")] = Path(
        "/etc/steward/edge.toml"
    ),
    user: Annotated[
        str, typer.Option(help="Whom the service runs as; made by systemd where there is none")
    ] = "steward",
) -> None:
    """Print the systemd unit of a vehicle's service.

    Example: steward edge unit --config /etc/steward/edge.toml > steward-edge.service
    """
    from edge.supervision.unit import unit_text

    with _said():
        text = unit_text(Path(sys.executable), config, read_config(config) if config.is_file() else None, user)
    typer.echo(text, nl=False)


def _line(text: str) -> None:
    print(text, flush=True)


@app.command()
def enrol(config: Annotated[Path, typer.Option(help="edge.toml, with server.enrolment_code")]) -> None:
    """Exchange the enrolment code for this device's token.

    Example: steward edge enrol --config edge.toml
    """
    from edge.upload.sender import Door

    with _said():
        told = read_config(config)
        if told.server is None:
            raise EdgeError(f"{config}, field server: there is no server to enrol at")
        credentials = Door.of(told.server, told.device).credentials()
    typer.echo(f"enrolled at {credentials.server} as device {credentials.device_id}")


@app.command()
def update(config: Annotated[Path, typer.Option(help="edge.toml, with [updates]")]) -> None:
    """Take new models, if they are signed and stand every check; exit code 3 when the vehicle keeps what it has.

    Example: steward edge update --config edge.toml
    """
    from edge.renewal.outcomes import Kept, Taken
    from edge.renewal.slots import update as take

    with _said():
        told = read_config(config)
        if told.updates is None:
            raise EdgeError(f"{config}, field updates: there is no [updates] table; see docs/edge.md")
        while isinstance(outcome := take(told.updates), Taken):
            typer.echo(f"taken, for the worker's next start: {', '.join(outcome.models)}")
    if isinstance(outcome, Kept):
        typer.echo(f"steward: kept the models there are ({outcome.reason}): {outcome.why}", err=True)
        raise typer.Exit(PARKED)
    typer.echo(f"up to date: {', '.join(outcome.models) or 'no channel has a model'}")


@app.command()
def doctor(
    config: Annotated[Path | None, typer.Option(help="edge.toml")] = None,
    release: Annotated[bool, typer.Option(help="Let parked items be sent again")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON")] = False,
) -> None:
    """Check models, decoder, disk, outbox, sources, cameras, receiver and server; exit code 2 when something is wrong.

    Cameras and the receiver are tried for some seconds each: before the worker is started, not beside it.

    Example: steward edge doctor --config edge.toml
    """
    from edge.doctor import examine

    with _said():
        findings = examine(None if config is None else read_config(config), release=release)
    if as_json:
        told: list[dict[str, Any]] = [asdict(one) for one in findings]
        typer.echo(json.dumps(told, ensure_ascii=False))
    else:
        for one in findings:
            word = "WRONG" if not one.good else "look " if one.look else "ok   "
            typer.echo(f"{word} {one.what}: {one.said}")
    if not all(one.good for one in findings):
        raise typer.Exit(BAD_INPUT)
