"""`steward demo`: the shipped drive through real processes, from footage to work orders."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from demo.errors import DemoError
from demo.play import Server, device_code, free_port, orders_of, passes_of, patrol, serving, write_edge_config
from demo.report import Order, Report, compare, read_truth
from models.shipped import DATASETS

DRIVE = DATASETS / "demo_drive"
SETUP = DATASETS / "demo_city.toml"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What was asked for on the command line."""

    home: Path | None
    report: Path | None
    leave: bool
    models: Path | None
    port: int


def demo(
    home: Annotated[
        Path | None, typer.Option(help="Where the demo keeps its records and pictures [default: a fresh directory]")
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Write found, missed and false against the truth as JSON")] = None,
    leave: Annotated[bool, typer.Option("--exit", help="Stop when the work orders are made")] = False,
    models: Annotated[Path | None, typer.Option(help="A folder of other models [default: the shipped ones]")] = None,
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1 [default: 8600, or a free one]", min=0, max=65535)] = 0,
) -> None:
    """Watch a patrol drive become work orders.

    Example: steward demo --exit --report report.json
    """
    screen = Console(markup=False, soft_wrap=True)
    try:
        _play(screen, Wishes(home, report, leave, models, port))
    except DemoError as error:
        typer.echo(f"steward: {error}", err=True)
        raise typer.Exit(2) from error
    except KeyboardInterrupt:
        screen.print("stopped")


def _play(screen: Console, wishes: Wishes) -> None:
    home, report = _fresh(wishes.home), wishes.report
    if report is not None and not report.resolve().parent.is_dir():
        raise DemoError(f"--report {report}: there is no directory {report.resolve().parent}")
    passes, problems = passes_of(DRIVE), read_truth(DRIVE / "truth.json")
    began_s = time.monotonic()
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=screen) as progress:
        step = progress.add_task("the server starts", total=None)
        with serving(home, SETUP, wishes.port or free_port(), wishes.models) as server:
            for one in passes:
                progress.update(step, description=f"{one.name}: inspecting {one.video.name}, uploading to the server")
                config = write_edge_config(home, DRIVE, one, server.url, device_code(home), wishes.models)
                patrol(home, config, one)
                progress.console.print(f"  {one.name} ({one.kind}) is through")
            progress.update(step, description="reading the work orders")
            orders = orders_of(home)
            progress.stop()
            took_s = time.monotonic() - began_s
            found = compare(problems, orders)
            if report is not None:
                report.write_text(found.to_json(took_s=round(took_s, 1), passes=[one.name for one in passes]), "utf-8")
            _tell(screen, orders, found, took_s)
            _address(screen, server, home)
            if not wishes.leave:
                screen.print("The console stays up; press Ctrl-C to stop.")
                server.child.wait()


def _fresh(home: Path | None) -> Path:
    if home is None:
        return Path(tempfile.mkdtemp(prefix="steward-demo-"))
    home = home.resolve()
    if home.exists() and (not home.is_dir() or any(home.iterdir())):
        raise DemoError(
            f"--home {home} is not an empty directory; name a new one, so that no record is mixed with others"
        )
    home.mkdir(parents=True, exist_ok=True)
    return home


def _tell(screen: Console, orders: tuple[Order, ...], report: Report, took_s: float) -> None:
    table = Table(title=f"{len(orders)} work orders 工单", title_justify="left")
    for head in ("category", "grid", "on duty", "due", "seen", "truth", "off by"):
        table.add_column(head, justify="right" if head in ("seen", "off by") else "left", overflow="fold")
    matched = {one.order.id: one for one in report.found}
    for order in orders:
        match = matched.get(order.id)
        table.add_row(
            order.category,
            order.grid,
            order.assignee,
            order.due[5:16].replace("T", " ") + " UTC",
            f"{order.observations}×",
            match.problem.id if match else "false",
            f"{match.error_m:.1f} m" if match else "",
        )
    screen.print(table)
    for problem in report.missed:
        screen.print(f"  missed: {problem.category} {problem.id}")
    screen.print(
        f"found {len(report.found)} of {len(report.found) + len(report.missed)}, missed {len(report.missed)}, "
        f"false {len(report.false)}; {took_s:.0f} s from start to the last order"
    )


def _address(screen: Console, server: Server, home: Path) -> None:
    screen.print(f"\nConsole 控制台: {server.url}/   API: {server.url}/api/docs   records and pictures: {home}")
    for login in server.logins:
        screen.print(f"  {login.role:<11} {login.name}  {login.password}")


app = demo
