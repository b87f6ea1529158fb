"""The page about the server is true: its tables are the code's, and its commands run."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from server.access.roles import Role
from server.cases.lifecycle import OWNERS, TRANSITIONS, CloseReason, Event, Finding, Guard, State
from server.cases.outcomes import Outcome
from server.cli import app
from server.guards import PICTURE, REPORTS
from server.intake.screening import IntakeReason
from server.learning.examples import LeftOut
from server.learning.verdicts import Unjudged, Verdict
from server.setup.file import BinsPart, CalendarPart, CityPart, ObjectsPart, PersonPart, RotaPart, StayPart
from server.upkeep.orphans import Orphan
from tests.server.access.test_access import ANYBODY, DEVICE, PERSONAL
from tests.server.setupfile import write_setup


@pytest.fixture
def page(root: Path) -> str:
    return (root / "docs/server.md").read_text("utf-8")


def states_table() -> str:
    """The state table as the page shows it."""
    lines = ["| in state | on | by | if | leads to |", "| --- | --- | --- | --- | --- |"]
    for (state, event), move in TRANSITIONS.items():
        by = ", ".join(role.value for role in move.by)
        needs = ", ".join(guard.value for guard in move.needs) or "-"
        to = move.to.value if move.closes is None else f"{move.to.value}: {move.closes.value}"
        lines.append(f"| {state.value} | {event.value} | {by} | {needs} | {to} |")
    return "\n".join(lines)


def owners_table() -> str:
    lines = ["| state | whose turn it is |", "| --- | --- |"]
    return "\n".join([*lines, *(f"| {state.value} | {owner.value} |" for state, owner in OWNERS.items())])


def test_the_state_table_on_the_page_is_the_one_in_the_code(page: str) -> None:
    assert states_table() in page, f"put this into docs/server.md:\n{states_table()}"
    assert owners_table() in page, f"put this into docs/server.md:\n{owners_table()}"


@pytest.mark.parametrize(
    "words",
    [State, Event, Role, Guard, CloseReason, Outcome, IntakeReason, Finding, Verdict, Unjudged, LeftOut, Orphan],
)
def test_every_word_of_the_code_stands_on_the_page(page: str, words: type) -> None:
    assert [word.value for word in words if not re.search(rf"\b{word.value}\b", page)] == []  # type: ignore[attr-defined]


def test_every_operation_of_the_interface_stands_on_the_page(page: str) -> None:
    listed = set(re.findall(r"`(GET|POST|PUT|DELETE) (/[^ `]*)`", page))
    wanted = ANYBODY | DEVICE | PERSONAL
    assert {f"{verb.lower()} {path}" for verb, path in listed} == wanted


def test_the_commands_on_the_page_run(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_setup(tmp_path / "datasets").rename(tmp_path / "datasets" / "demo_city.toml")
    monkeypatch.chdir(tmp_path)
    block = re.findall(r"```sh\n(.*?)```", page, re.S)[0]
    commands = [shlex.split(line, comments=True) for line in block.splitlines() if line.startswith("steward server")]
    assert len(commands) >= 5
    for words in commands:
        if words[2] == "run":
            continue
        done = CliRunner().invoke(app, words[2:])
        assert done.exit_code == 0, (words, done.output)
    assert json.loads((tmp_path / "openapi.json").read_text("utf-8"))["paths"]


def test_every_field_of_a_setup_stands_on_the_page(page: str) -> None:
    for part in (BinsPart, CityPart, CalendarPart, ObjectsPart, StayPart, PersonPart, RotaPart):
        names = [field.alias or name for name, field in part.model_fields.items()]
        assert [name for name in names if f"`{name}`" not in page] == [], part


def test_the_proxy_that_the_page_shows_takes_every_picture_and_redirects_no_report(root: Path) -> None:
    """Who asks without the slash that ends a location is redirected by nginx, and the form that was sent is lost."""
    found = re.search(r"```nginx\n(.*?)```", (root / "docs/operations.md").read_text("utf-8"), re.DOTALL)
    assert found is not None
    plain, tls = found[1].split("server {")[1:]
    assert "listen 80;" in plain
    assert "return 301 https://$host$request_uri;" in plain
    assert "add_header Strict-Transport-Security" in tls
    assert re.findall(r"location (\S+) {", tls) == ["/", *REPORTS[:1]]
    sizes = {name: int(size) << 20 for name, size in re.findall(r"(client_\w+_size) (\d+)m;", tls)}
    assert sizes.keys() == {"client_max_body_size", "client_body_buffer_size"}
    assert min(sizes.values()) >= PICTURE.size_bytes
