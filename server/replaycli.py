"""`steward server replay`: are the cases what their inputs make of them?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track

from server.derived import Compared, compare
from server.errors import SetupError
from server.journal import JournalRow
from server.replay import Replayed, draft_store, replay_into
from server.store import store_of

DIFFERENT: int = 3


def replay(
    home: Annotated[Path, typer.Option(help="The directory that holds the database; a copy of one will do")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False,
) -> None:
    """Make all cases again from what came in, and compare them with the records, value by value. Writes nothing there.

    Ends with 0 where they are identical and with 3 where they are not, naming the first difference.

    Example: steward server replay --home ./city
    """
    try:
        store = store_of(home)
        with store.read() as session, draft_store() as draft:
            done = replay_into(session, draft, _shown)
            with draft.read() as replayed:
                compared = compare(session, replayed) if done.stopped is None else Compared({}, "", done.stopped)
        store.close()
    except SetupError as error:
        typer.echo(f"steward: {error}", err=True)
        raise typer.Exit(2) from error
    _print(done, compared, as_json)
    if compared.difference is not None:
        raise typer.Exit(DIFFERENT)


def _shown(rows: Iterator[JournalRow], count: int) -> Iterator[JournalRow]:
    screen = Console(stderr=True)
    return iter(track(rows, "replaying", total=count, console=screen, transient=True, disable=not screen.is_terminal))


def _print(done: Replayed, compared: Compared, as_json: bool) -> None:
    found = compared.difference
    if as_json:
        difference = None
        if found is not None:
            difference = {"where": found.where, "recorded": found.recorded, "replayed": found.replayed}
        answer = {
            "identical": found is None,
            "inputs": dict(done.inputs),
            "by_another_program": done.foreign,
            "rows": compared.rows,
            "digest": compared.digest,
            "difference": difference,
        }
        typer.echo(json.dumps(answer, ensure_ascii=False))
        return
    kinds = ", ".join(f"{n} {kind}" for kind, n in sorted(done.inputs.items())) or "none"
    typer.echo(f"inputs   {done.inputs.total()} ({kinds})")
    if done.foreign:
        typer.echo(f"         {done.foreign} of them were taken in by another version of the program or of its engine")
    typer.echo(f"rows     {', '.join(f'{n} {table}' for table, n in compared.rows.items() if n)}")
    if found is None:
        typer.echo(f"identical, SHA-256 {compared.digest}")
    else:
        typer.echo(f"different: {found.where}\n  recorded {found.recorded}\n  replayed {found.replayed}")
