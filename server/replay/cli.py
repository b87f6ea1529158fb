"""`steward server replay`: are the cases what their inputs make of them?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from server.cases.journal import JournalRow
from server.exits import or_exit
from server.progress import watched
from server.records.address import address_of
from server.records.store import Store, require_current, store_of
from server.replay.derived import Compared, compare
from server.replay.rebuilding import alone, rebuild
from server.replay.replaying import Replayed, draft_store, replay_into
from server.shown import shown_json

DIFFERENT: int = 3


def replay(
    home: Annotated[Path, typer.Option(help="The directory that holds the database; a copy of one will do")],
    put_right: Annotated[
        bool, typer.Option("--rebuild", help="Put what differs right, with no server running; the old file stays")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False,
) -> None:
    """Make all cases again from what came in, and compare them with the records, value by value. Writes nothing there
    unless --rebuild is asked for.

    Ends with 0 where they are identical and with 3 where they are not, naming the first difference.

    Example: steward server replay --home ./city
    """
    done, compared, before = or_exit(lambda: _put_right(home) if put_right else _looked_at(home))
    _print(done, compared, before, as_json)
    if compared.difference is not None and before is None:
        raise typer.Exit(DIFFERENT)


def _put_right(home: Path) -> tuple[Replayed, Compared, Path | None]:
    require_current(address_of(home))
    with alone(home) as store:
        return _compared(store, home)


def _looked_at(home: Path) -> tuple[Replayed, Compared, Path | None]:
    with closing(store_of(home)) as store:
        return _compared(store, None)


def _compared(store: Store, rebuilt: Path | None) -> tuple[Replayed, Compared, Path | None]:
    """What the replay said; where it differs and a home is to be rebuilt, also where its old database lies now."""
    with store.read() as session, draft_store() as draft:
        done = replay_into(session, draft, _shown)
        if done.stopped is not None:
            return done, Compared({}, "", done.stopped), None
        with draft.read() as replayed:
            compared = compare(session, replayed)
            if compared.difference is None or rebuilt is None:
                return done, compared, None
            return done, compared, rebuild(rebuilt, session, replayed)


def _shown(rows: Iterator[JournalRow], count: int) -> Iterator[JournalRow]:
    return iter(watched(rows, count, "replaying"))


def _print(done: Replayed, compared: Compared, before: Path | None, as_json: bool) -> None:
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
            "rebuilt": before is not None,
        }
        typer.echo(shown_json(answer))
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
    if before is not None:
        typer.echo(f"rebuilt; the records as they were lie in {before}")
