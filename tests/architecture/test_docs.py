"""What the pages name exists: files, make targets, every command with its options; and every command has an example."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

import demo.cli
import edge.cli
import server.cli
import training.cli
from tests.architecture.test_house import tracked

FENCED = re.compile(r"^```\w*\n(.*?)^```", re.M | re.S)
INLINE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
ROOMS = "pipeline|models|edge|server|training|datasets|tests|demo|docs"
PATH = re.compile(rf"\b(?:{ROOMS})/(?:[\w.-]+/)*[a-z_0-9][\w.-]*\.(?:py|toml|md|geojson)\b")
END = re.compile(r"\s#|[|>;…]|&&| \.\.\.")
"""Where the words of a command end: at a comment, another command, or what is left out."""


def tree() -> dict[str, Any]:
    """Every command by its words: `edge inspect`, `train data split`, …"""
    alone = typer.Typer()
    alone.command()(demo.cli.demo)
    rooms = {"edge": edge.cli.app, "server": server.cli.app, "train": training.cli.app, "demo": alone}
    found: dict[str, Any] = {}

    def walk(words: str, command: Any) -> None:
        found[words] = command
        for name, below in getattr(command, "commands", {}).items():
            walk(f"{words} {name}", below)

    for name, app in rooms.items():
        walk(name, typer.main.get_command(app))
    return found


COMMANDS = tree()


def fault(words: list[str]) -> str | None:
    """What there is not of `steward` and these words: a command or an option."""
    name = words[0]
    for word in words[1:]:
        if not hasattr(COMMANDS.get(name), "commands") or word.startswith("-"):
            break
        name = f"{name} {word}"
    if name not in COMMANDS:
        return f"no command {name}"
    known = {option for one in COMMANDS[name].params for option in (*one.opts, *one.secondary_opts)} | {"--help"}
    given = {word.partition("=")[0] for word in words if re.match(r"--[a-z]", word)}
    return f"{name} has no option {sorted(given - known)[0]}" if given - known else None


def said(page: str) -> Iterator[list[str]]:
    """The words after each `steward`, in a block or in a sentence."""
    blocks = "\n".join(FENCED.findall(page)).replace("\\\n", " ")
    for line in (*blocks.splitlines(), *INLINE.findall(FENCED.sub("", page))):
        told = re.match(r"(?:\$ )?steward (\w.*)", line.strip())
        if told is not None:
            yield shlex.split(END.split(told[1])[0])


@pytest.fixture(scope="module")
def pages(root: Path) -> dict[str, str]:
    return {str(path.relative_to(root)): path.read_text("utf-8") for path in tracked(root, "*.md")}


def test_every_command_and_option_that_a_page_names_exists(pages: dict[str, str]) -> None:
    faults = [f"{name}: {wrong}" for name, page in pages.items() for words in said(page) if (wrong := fault(words))]
    assert faults == []


def test_every_make_target_that_a_page_names_exists(root: Path, pages: dict[str, str]) -> None:
    targets = set(re.findall(r"^([a-z][\w-]*):", (root / "Makefile").read_text("utf-8"), re.M))
    wanted = re.compile(r"(?:`|^)make ([a-z][\w-]*)", re.M)
    assert [(name, one) for name, page in pages.items() for one in wanted.findall(page) if one not in targets] == []


def test_every_file_that_a_page_or_the_code_names_exists(root: Path, pages: dict[str, str]) -> None:
    code = {str(path.relative_to(root)): path.read_text("utf-8") for path in tracked(root, "*.py", "*.toml")}
    named = [(name, path) for name, text in {**pages, **code}.items() for path in PATH.findall(text)]
    gone = [pair for pair in named if not (root / pair[1]).exists()]
    links = [(name, link) for name, page in pages.items() for link in LINK.findall(page) if "://" not in link]
    assert gone + [(name, link) for name, link in links if not (root / name).parent.joinpath(link).exists()] == []


@pytest.mark.parametrize("room", ["edge", "server", "demo", "train"])
def test_every_command_has_an_example(room: str) -> None:
    ends = {name: one for name, one in COMMANDS.items() if name.startswith(room) and not hasattr(one, "commands")}
    assert [name for name, one in ends.items() if f"Example: steward {name}" not in (one.help or "")] == []


def test_every_command_of_the_workshop_says_in_chinese_too_what_it_does() -> None:
    told = {name: one.help or "" for name, one in COMMANDS.items() if name.split()[0] == "train"}
    assert [name for name, words in told.items() if re.search(r"[一-鿿]{4}", words) is None] == []
