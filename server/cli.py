"""`steward server`: create a home, run it, make enrolment codes, print work orders and the interface's description."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from server.access.enforcementcli import enforcement_key, open_sealed_plate
from server.access.fleet import new_code
from server.access.peoplecli import app as people
from server.app import create_app
from server.association.cli import associate
from server.cases.lifecycle import CloseReason
from server.cases.workorders import moment, start_of
from server.exits import fail, or_exit
from server.intake.chaincli import chain
from server.intake.fleetcli import app as devices
from server.learning.dataset import Report, export
from server.learning.judged import LAST_NS
from server.pictures.keeper import look_into, open_objects
from server.pictures.privacy import NoModel
from server.progress import watched
from server.records.address import parse_address
from server.records.store import store_of
from server.records.tables import CaseRow, Person, WorkOrder
from server.replay.cli import replay
from server.running import listen_on, open_home, serve
from server.setup.cities import Cities
from server.setup.cli import revise
from server.setup.file import read_setup
from server.setup.founding import Founded, found, is_founded
from server.shown import shown, shown_json
from server.upkeep.cli import backup, check, move_pictures
from server.workers import serve_many

app = typer.Typer(help="The server: intake, cases, work orders, console.", no_args_is_help=True, rich_markup_mode=None)

app.command()(associate)
app.command()(chain)
app.command()(replay)
app.command()(revise)
app.command()(check)
app.command()(backup)
app.command("move-pictures")(move_pictures)
app.add_typer(people, name="people")
app.add_typer(devices, name="devices")
app.command("enforcement-key")(enforcement_key)
app.command("open-plate")(open_sealed_plate)

Home = Annotated[Path, typer.Option(help="The directory that holds the database and the pictures")]
Database = Annotated[
    str | None, typer.Option(help="A PostgreSQL database for a new home: postgresql://user@host/name [default: SQLite]")
]
MANY_NEED = "several need PostgreSQL: steward server init --database postgresql://user@host/name"
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON")]
Pictures = Annotated[
    str | None, typer.Option(help="Keep pictures in an S3 store, as s3://HOST[:PORT]/BUCKET [default: in the home]")
]


@app.command()
def init(
    home: Home,
    setup: Annotated[Path, typer.Option(help="The city's setup file (TOML)")],
    codes: Annotated[int, typer.Option(help="How many enrolment codes to make", min=0, max=1000)] = 1,
    objects: Pictures = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Create a server's home from a setup. Prints the people's passwords and enrolment codes, once.

    Example: steward server init --home ./city --setup datasets/demo_city.toml
    """
    _print_founded(or_exit(lambda: _found(home, setup, codes, objects, database)), as_json)


@app.command()
def run(
    home: Home,
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1", min=1, max=65535)] = 8600,
    setup: Annotated[Path | None, typer.Option(help="Where the home does not exist yet, create it from this")] = None,
    models: Annotated[Path | None, typer.Option(help="A folder of other models [default: the shipped ones]")] = None,
    objects: Pictures = None,
    database: Database = None,
    workers: Annotated[int, typer.Option(help="How many processes answer (PostgreSQL only)", min=1, max=64)] = 1,
) -> None:
    """Serve the interface and the console on 127.0.0.1.

    Example: steward server run --home ./city --workers 4
    """
    if setup is not None and not is_founded(home):
        _print_founded(or_exit(lambda: _found(home, setup, 1, objects, database)), as_json=False)
    elif objects is not None or database is not None:
        fail(f"{home}: there is a server here already, and where it keeps things was said when it was made")
    context = or_exit(lambda: open_home(home, models))
    if workers > 1 and context.store.one_writer:
        context.store.close()
        fail(f"--workers {workers}: {home} has its records in SQLite, which one process serves; {MANY_NEED}")
    try:
        look_into(context.objects)
    except OSError as error:
        typer.echo(f"steward: {error.filename}: {error.strerror}; pictures are refused (503) until it does", err=True)
    if isinstance(context.privacy, NoModel):
        typer.echo(f"steward: after-photos will be refused (503): {context.privacy.why}", err=True)
    listening = or_exit(lambda: listen_on(port))
    typer.echo(f"serving {context.city.name_zh} {context.city.name_en} on http://127.0.0.1:{port}/ (API: /api/docs)")
    try:
        if workers == 1:
            serve(context, listening)
    finally:
        context.store.close()
    if workers > 1:
        serve_many(home, models, workers, listening)


@app.command("device-code")
def device_code(home: Home, as_json: AsJson = False) -> None:
    """Make a one-time enrolment code for a vehicle or drone.

    Example: steward server device-code --home ./city
    """
    code = or_exit(lambda: _new_code(home))
    typer.echo(json.dumps({"code": code}) if as_json else code)


@app.command()
def orders(home: Home, as_json: AsJson = False) -> None:
    """Print the work orders, the open ones first. Those of cases that were merged into another are left out.

    Example: steward server orders --home ./city
    """
    lines = or_exit(lambda: _order_lines(home))
    if as_json:
        typer.echo(shown_json({"items": lines}, indent=2))
        return
    table = Table(title=f"{len(lines)} work orders 工单", title_justify="left")
    for head in ("number", "category", "state", "grid_id", "assignee_name", "due_at", "lat", "lon", "sightings"):
        table.add_column(head)
    for line in lines:
        told = line | {"assignee_name": f"{line['assignee_name']}{' (left 离岗)' if line['assignee_left'] else ''}"}
        table.add_row(*(shown(str(told[str(column.header)])) for column in table.columns))
    Console(markup=False, soft_wrap=True).print(table)


@app.command()
def verdicts(
    home: Home,
    out: Annotated[Path, typer.Option(help="A folder that is not there yet, for pictures and annotations")],
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only what was seen on this day of the city or later")
    ] = None,
    before: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only what was seen before this day of the city")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write what the field said of the detectors' finds as a data set in COCO's format.

    Example: steward server verdicts --home ./city --out ./verdicts --since 2026-11-01
    """
    report = or_exit(lambda: _export(home, out, since, before))
    written = [(verdict.value, label, n) for (verdict, label), n in sorted(report.written.items())]
    if as_json:
        kinds = [{"verdict": verdict, "label": label, "pictures": n} for verdict, label, n in written]
        typer.echo(json.dumps({"written": kinds, "left_out": report.left_out, "no_verdict": report.unjudged}))
        return
    typer.echo(f"{report.written.total()} pictures in {out}")
    for verdict, label, n in written:
        typer.echo(f"  {verdict:<10} {label:<18} {n:>7}")
    _print_reasons("judged, but left out", report.left_out)
    _print_reasons("without a verdict", report.unjudged)


@app.command()
def openapi(
    out: Annotated[Path | None, typer.Option(help="Write to this file [default: standard output]")] = None,
) -> None:
    """Write the interface's description (OpenAPI, JSON).

    Example: steward server openapi --out openapi.json
    """
    text = json.dumps(create_app(None).openapi(), ensure_ascii=False, indent=2) + "\n"
    if out is None:
        typer.echo(text, nl=False)
        return
    try:
        out.write_text(text, "utf-8")
    except OSError as error:
        fail(f"{out}: cannot be written: {error.strerror}")


def _new_code(home: Path) -> str:
    with closing(store_of(home)) as store, store.write() as session:
        return new_code(session, time.time_ns())


def _order_lines(home: Path) -> list[dict[str, Any]]:
    with closing(store_of(home)) as store, store.read() as session:
        rows = session.execute(
            select(WorkOrder, CaseRow, Person)
            .join(CaseRow, CaseRow.id == WorkOrder.case_id)
            .join(Person, Person.id == WorkOrder.crew_id)
            .where(WorkOrder.outcome.is_(None) | (WorkOrder.outcome != CloseReason.MERGED))
            .order_by(WorkOrder.closed_ns.is_not(None), WorkOrder.due_ns, WorkOrder.number)
        )
        return [_order_line(order, case, person) for order, case, person in rows]


def _order_line(order: WorkOrder, case: CaseRow, person: Person) -> dict[str, Any]:
    return {
        "id": order.id,
        "number": order.number,
        "case_id": case.id,
        "category": case.category,
        "state": case.state if order.closed_ns is None else "closed",
        "outcome": order.outcome,
        "grid_id": order.grid_id,
        "assignee_name": person.display,
        "assignee_left": not person.active,
        "dispatched_at": _iso(moment(order.dispatched_ns)),
        "due_at": _iso(moment(order.due_ns)),
        "lat": round(case.lat, 7),
        "lon": round(case.lon, 7),
        "sightings": case.sightings,
    }


def _print_reasons(words: str, reasons: Mapping[Any, int]) -> None:
    typer.echo(f"{words}: {sum(reasons.values())}")
    for reason, n in sorted(reasons.items()):
        typer.echo(f"  {reason:<29} {n:>7}")


def _export(home: Path, out: Path, since: datetime | None, before: datetime | None) -> Report:
    with closing(store_of(home)) as store:
        with store.read() as session:
            city = Cities(session).at(time.time_ns())
            objects = open_objects(home, session)
        since_ns = 0 if since is None else start_of(since.date(), city)
        before_ns = LAST_NS if before is None else start_of(before.date(), city)
        return export(store, city, objects, out, watched, since_ns, before_ns)


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _found(home: Path, setup: Path, codes: int, objects: str | None, database: str | None) -> Founded:
    address = None if database is None else parse_address(database)
    return found(home, read_setup(setup), codes, time.time_ns(), objects, address)


def _print_founded(made: Founded, as_json: bool) -> None:
    if as_json:
        people = [
            {"name": one.name, "display": one.display, "role": one.role, "password": one.password}
            for one in made.people
        ]
        typer.echo(shown_json({"people": people, "codes": list(made.codes)}))
        return
    typer.echo("People and their passwords; they are not shown again:")
    for one in made.people:
        typer.echo(f"  {one.role:<11} {one.name:<16} {one.password}   {shown(one.display)}")
    for code in made.codes:
        typer.echo(f"Enrolment code for one vehicle or drone, good for seven days: {code}")
