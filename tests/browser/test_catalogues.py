"""The console's texts: two catalogues that say the same things, and no text beside them."""

from __future__ import annotations

import json
import re
from enum import StrEnum
from pathlib import Path

import pytest

from pipeline.judge import FORBIDDEN
from pipeline.numbering import PhoneKind
from pipeline.observation import EvidenceRole, SourceKind
from server.access.roles import Role
from server.cases.lifecycle import CloseReason, Event, Finding, Owner, Refusal, State
from server.cases.outcomes import Outcome
from server.citizens.following import Becoming
from server.learning.verdicts import Unjudged
from server.pictures.reading import Fault

# Families of codes that the server sends, and every code that it can send.
CODES: dict[str, type[StrEnum]] = {
    "state": State,
    "event": Event,
    "role": Role,
    "closed": CloseReason,
    "owner": Owner,
    "evidence": EvidenceRole,
    "outcome": Outcome,
    "problem": Refusal,
    "phone": PhoneKind,
    "unjudged": Unjudged,
    "becoming": Becoming,
    "device": SourceKind,
}
NEVER_MET_ON_A_PAGE = {"bad_cursor", "device_token", "foreign_page", "other_body", "other_kind", "unknown_category"}
LANGUAGES = ("zh-CN", "en")
HAN = re.compile(r"[\u3400-\u9fff]")


@pytest.fixture(scope="module")
def source(root: Path) -> Path:
    return root / "server" / "console" / "src"


def catalogue(source: Path, language: str) -> dict[str, str]:
    pairs = json.loads((source / "i18n" / f"{language}.json").read_text("utf-8"), object_pairs_hook=list)
    keys = [key for key, _ in pairs]
    assert sorted(keys) == sorted(set(keys)), f"{language}.json names a key twice"
    return dict(pairs)


def code(source: Path) -> dict[Path, str]:
    files = [path for path in source.rglob("*.ts*") if not path.name.endswith((".test.ts", ".d.ts"))]
    return {path: path.read_text("utf-8") for path in files}


def test_what_a_vehicle_notes_about_a_sighting_has_words(source: Path, root: Path) -> None:
    """Every attribute that a judgement writes, and what a vehicle and its zone may be."""
    written = "".join((root / "pipeline" / name).read_text("utf-8") for name in ("judge.py", "verdict.py"))
    names = set(re.findall(r'\(\(?"([a-z_]+)", ', written))
    assert {"label", "hits", "zone_kind", "dwell_s", "unlocated"} <= names
    values = {*FORBIDDEN, *(kind for kinds in FORBIDDEN.values() for kind in kinds)}
    wanted = {f"attribute.{name}" for name in names} | {f"value.{value}" for value in values}
    assert wanted - catalogue(source, "en").keys() == set()


def test_both_catalogues_have_the_same_keys_in_the_same_order(source: Path) -> None:
    chinese, english = (list(catalogue(source, language)) for language in LANGUAGES)
    assert chinese == english


def test_both_catalogues_fill_the_same_placeholders(source: Path) -> None:
    chinese, english = (catalogue(source, language) for language in LANGUAGES)
    for key, text in chinese.items():
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", english[key])), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_blank(source: Path, language: str) -> None:
    assert not [key for key, text in catalogue(source, language).items() if not text.strip()]


def test_every_text_is_used(source: Path) -> None:
    written = "\n".join(code(source).values())
    families = set(re.findall(r"\b(?:code|parts)\(\s*\"(\w+)\",", written))
    spoken = set(re.findall(r"\"([a-z_]+(?:\.[a-z_]+)+)\"", written))
    assert families
    unused = [key for key in catalogue(source, "en") if key not in spoken and key.partition(".")[0] not in families]
    assert unused == []


@pytest.mark.parametrize("family", CODES)
def test_every_code_that_the_server_sends_has_a_text(source: Path, family: str) -> None:
    texts = catalogue(source, "zh-CN")
    assert [code for code in CODES[family] if f"{family}.{code}" not in texts] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_usual_reason_to_dismiss_has_its_finding(source: Path, language: str) -> None:
    told = re.search(r"FINDINGS[^=]*= \[(.*?)\]", (source / "parts" / "CaseSteps.tsx").read_text("utf-8"))
    assert told is not None
    assert re.findall(r"\"(\w+)\"", told[1]) == list(Finding)
    usual = catalogue(source, language)["usual.dismiss"].split("|")
    assert len(usual) == len(Finding)
    assert usual[0] in ("不是问题", "Not a problem")


def test_every_refusal_that_a_person_can_meet_has_a_text(source: Path, root: Path) -> None:
    raised = re.compile(r"\b(?:Conflict|Invalid|Forbidden|TooLarge|TooMany|Unauthenticated|Unavailable)\(\s*\"(\w+)\"")
    room = root / "server"
    files = [
        room / "counts.py",
        room / "access" / "fleet.py",
        room / "cases" / "review.py",
        room / "citizens" / "telling.py",
        *(room / "api" / f"{name}.py" for name in ("access", "cases", "reports", "session", "workorders")),
    ]
    codes = {code for path in files for code in raised.findall(path.read_text("utf-8"))}
    assert codes >= NEVER_MET_ON_A_PAGE
    texts = catalogue(source, "zh-CN")
    met = (codes | {fault.value for fault in Fault}) - NEVER_MET_ON_A_PAGE
    assert {code for code in met if f"problem.{code}" not in texts} == set()


def test_no_chinese_stands_outside_the_catalogues(source: Path) -> None:
    assert not [path.name for path, text in code(source).items() if HAN.search(text)]


def test_the_console_names_no_host(source: Path) -> None:
    for path, text in code(source).items():
        assert not re.search(r"https?://(?!127\.0\.0\.1|www\.w3\.org/)", text), path
