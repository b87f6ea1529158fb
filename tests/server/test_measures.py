"""What the server tells whoever watches it: few numbers, true, without anything of the outside in them."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.exc import OperationalError

from server.api import health
from server.api.health import metrics_token
from server.citizens.notices import tell_reporters
from server.context import Context
from server.errors import SetupError
from server.measures import CONTENT_TYPE
from server.notifier import KeptNotices
from server.pictures.objects import Piece, digest_of
from server.upkeep.orphans import sweep_pieces
from server.upkeep.sweeps import lapse_watched, sweep_all
from tests.looping import finished
from tests.server.citizens.test_notices import waiting_case
from tests.server.citizens.test_reports import cleared, report
from tests.server.intake.test_sensors import Bins
from tests.server.town import HOUR_NS, Town, application, picture

LOCAL = "http://127.0.0.1:8600"
NAME = re.compile(r"(steward_server_[a-z_]+|process_[a-z_]+)")
TOKEN = "a token of the monitor's"


@pytest.fixture
def monitor(town: Town) -> TestClient:
    """Asks from the server's own machine."""
    return TestClient(application(), base_url=LOCAL, client=("127.0.0.1", 40_000))


Told = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def told(monitor: TestClient, **headers: str) -> Told:
    answer = monitor.get("/metrics", headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == CONTENT_TYPE
    families = text_string_to_metric_families(answer.text)
    return {(one.name, tuple(sorted(one.labels.items()))): one.value for family in families for one in family.samples}


@pytest.fixture
def more(monitor: TestClient) -> Callable[..., float]:
    """By how much a number grew since the test began."""
    before = told(monitor)

    def grown(name: str, **labels: str) -> float:
        key = (f"steward_server_{name}", tuple(sorted(labels.items())))
        return told(monitor).get(key, 0.0) - before.get(key, 0.0)

    return grown


TRAVERSES = "/api/traverses/{id}"


def test_a_traverse_counts_by_its_template_and_its_observations_by_their_source(
    town: Town, more: Callable[..., float]
) -> None:
    town.send(town.seen("litter"), town.seen("illegal_ad", east_m=40.0))
    assert more("requests_total", method="PUT", route=TRAVERSES, status="2xx") == 1
    assert more("request_duration_seconds_count", method="PUT", route=TRAVERSES) == 1
    assert more("observations_total", source="vehicle") == 2
    assert more("intake_group_traverses_sum") == more("intake_group_traverses_count") == 1
    assert more("commit_duration_seconds_count") >= 1
    assert more("intake_waiting") == 0


def test_what_is_sent_again_is_no_observation_more(town: Town, more: Callable[..., float]) -> None:
    body = town.traverse(town.device[0], town.seen("litter"))
    for _ in range(2):
        town.client.put(f"/api/traverses/{body['id']}", json=body, headers=town.device[1])
    assert more("observations_total", source="vehicle") == 1


def test_a_citizens_report_and_a_full_bin_count_by_their_source(town: Town, more: Callable[..., float]) -> None:
    report(town)
    Bins(town).read("B1", 100.0)
    assert [more("observations_total", source=one) for one in ("citizen", "sensor")] == [1, 1]


@pytest.mark.parametrize(
    ("changes", "status", "reason"),
    [({"version": 7}, "4xx", "invalid"), ({"device": "0199d2c4-7a10-7c3e-9f55-3d2b8a6f0e11"}, "4xx", "other_device")],
)
def test_a_traverse_that_is_refused_counts_by_the_word_for_it(
    town: Town, more: Callable[..., float], changes: dict[str, Any], status: str, reason: str
) -> None:
    body = town.traverse(town.device[0], town.seen()) | changes
    town.client.put(f"/api/traverses/{body['id']}", json=body, headers=town.device[1])
    assert more("requests_total", method="PUT", route=TRAVERSES, status=status) == 1
    assert more("refusals_total", route=TRAVERSES, reason=reason) == 1


def test_a_revoked_device_and_a_body_that_is_too_long_are_refusals(town: Town, more: Callable[..., float]) -> None:
    path = f"/api/traverses/{town.new_id()}"
    town.client.put(path, json={}, headers={"Authorization": "Bearer nobody's"})
    town.client.put(path, content=b"", headers={"Content-Length": "9" * 9})
    assert more("refusals_total", route=TRAVERSES, reason="device_token") == 1
    assert more("refusals_total", route="other", reason="too_large") == 1


def test_a_request_that_breaks_counts_as_such(town: Town, more: Callable[..., float]) -> None:
    broken = TestClient(application(), raise_server_exceptions=False)
    headers = town.as_("admin")
    context, application().state.context = application().state.context, None
    broken.get("/api/me", headers=headers)
    application().state.context = context
    assert more("requests_total", method="GET", route="/api/me", status="5xx") == 1
    assert more("refusals_total", route="/api/me", reason="internal") == 1


def test_no_path_method_or_id_from_outside_becomes_a_label(town: Town, monitor: TestClient) -> None:
    for path in ("/etc/passwd", "/api/nowhere/7", f"/api/cases/{town.new_id()}"):
        town.client.request("BREW", path)
        town.client.get(path)
    names = {value for _, labels in told(monitor) for label, value in labels if label in ("route", "method")}
    assert "BREW" not in names
    assert not [one for one in names if "passwd" in one or "nowhere" in one or re.search("[0-9a-f]{8}-", one)]


def test_every_name_follows_the_rules_of_prometheus(town: Town, monitor: TestClient) -> None:
    town.send(town.seen())
    for family in text_string_to_metric_families(monitor.get("/metrics").text):
        assert NAME.fullmatch(family.name), family.name
        assert family.documentation
        assert family.type in ("counter", "gauge", "histogram")
        unit = {"histogram": ("_seconds", "_traverses")}.get(family.type)
        assert unit is None or family.name.endswith(unit)


def test_the_parts_that_it_leans_on_are_told(town: Town, monitor: TestClient) -> None:
    town.send(town.seen())
    town.clock.ns += HOUR_NS
    found = told(monitor)
    for name, value in (("database_up", 1.0), ("object_store_up", 1.0), ("outbox_oldest_seconds", 3600.0)):
        assert found[f"steward_server_{name}", ()] == value
    assert found["steward_server_outbox_rows", ()] > 0
    assert found["steward_server_home_free_bytes", ()] > 0
    assert found["process_resident_memory_bytes", ()] > 0


def away(*_: object) -> Any:
    raise OperationalError("SELECT", None, RuntimeError("connection refused"))


def gone(*_: object) -> Any:
    raise OSError("the store does not answer")


def test_what_does_not_answer_is_told_as_down_and_all_else_as_ever(
    town: Town, monitor: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "look_at_records", away)
    monkeypatch.setattr(health, "look_at_objects", gone)
    found = told(monitor)
    assert found["steward_server_database_up", ()] == found["steward_server_object_store_up", ()] == 0.0
    assert ("steward_server_outbox_rows", ()) not in found
    assert found["steward_server_home_free_bytes", ()] > 0


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A database that takes questions and never answers."""
    answered = threading.Event()
    monkeypatch.setattr(health, "PATIENCE_S", 0.01)
    monkeypatch.setattr(health, "look_at_records", lambda _: answered.wait())
    yield
    answered.set()


@pytest.mark.usefixtures("hanging")
def test_a_database_that_hangs_is_told_as_down(town: Town, monitor: TestClient) -> None:
    with monitor:
        for _ in range(health.THREADS + 2):  # and those who asked before do not keep others from being answered
            answer = monitor.get("/healthz")
            assert (answer.status_code, answer.json()["error"]["code"]) == (503, "no_storage")
        assert told(monitor)["steward_server_database_up", ()] == 0.0


def test_a_message_that_was_not_handed_over_counts_and_is_said(
    town: Town, more: Callable[..., float], capsys: pytest.CaptureFixture[str]
) -> None:
    assert isinstance(town.context.notifier, KeptNotices)
    cleared(town, waiting_case(town), 21)
    town.context.notifier.away.append(None)
    tell_reporters(town.context)
    town.context.notifier.away.clear()
    assert "not handed over" in capsys.readouterr().out
    tell_reporters(town.context)
    assert [more("notices_total", result=one) for one in ("failed", "told")] == [1, 1]


def test_a_sweep_that_fails_counts_as_such_and_is_said_in_a_line(
    town: Town, more: Callable[..., float], capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(_: Context) -> int:
        raise OSError("no room")

    finished(sweep_all(town.context, (fails, lapse_watched)))
    [line] = capsys.readouterr().out.splitlines()
    assert "sweep failed" in line
    assert "no room" in line
    assert more("sweeps_total", sweep="fails", result="failed") == 1
    assert more("sweeps_total", sweep="lapse_watched", result="done") == 1


def test_pieces_on_their_way_in_are_counted_where_they_are_swept(town: Town, monitor: TestClient) -> None:
    content = picture(1)
    town.send(town.seen(pictures=(content,)))
    town.context.objects.put_piece(
        Piece(town.device[0], digest_of(content), 0, len(content), digest_of(content), "image/jpeg"), content
    )
    sweep_pieces(town.context)
    assert told(monitor)["steward_server_evidence_waiting_pieces", ()] == 1


REFUSED = "metrics_token"


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "127.0.0.1"}, {"X-Forwarded-Proto": "https"}, {"Forwarded": "for=127.0.0.1"},
        {"X-Real-IP": "127.0.0.1"}, {"Via": "1.1 proxy"}, {"Host": "steward.example.org"},
    ],
)  # fmt: skip
def test_what_came_through_a_proxy_is_refused(town: Town, monitor: TestClient, headers: dict[str, str]) -> None:
    answer = monitor.get("/metrics", headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, REFUSED)


@pytest.mark.parametrize("host", ["10.0.0.7", "testclient"])
def test_another_machine_is_refused(town: Town, host: str) -> None:
    stranger = TestClient(application(), base_url=LOCAL, client=(host, 40_000))
    assert stranger.get("/metrics").status_code == 401


def test_whoever_has_the_token_may_read_from_anywhere_and_nobody_without_it(town: Town, monitor: TestClient) -> None:
    application().state.context = replace(town.context, metrics_token=TOKEN)
    stranger = TestClient(application(), base_url="https://steward.example.org", client=("10.0.0.7", 40_000))
    assert told(stranger, Authorization=f"Bearer {TOKEN}")
    for headers in ({}, {"Authorization": "Bearer another token of the monitor's"}, {"Authorization": "Bearer é"}):
        sent = {name: value.encode() for name, value in headers.items()}
        assert monitor.get("/metrics", headers=sent).status_code == 401


def test_a_token_that_can_be_guessed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(health.TOKEN, "short")
    with pytest.raises(SetupError, match="at least 16 characters"):
        metrics_token()


def test_the_page_names_every_number_that_there_is_and_no_other(town: Town, monitor: TestClient, root: Path) -> None:
    page = (root / "docs/operations.md").read_text("utf-8")
    watch = page.partition("## Watch it")[2].partition("\n## ")[0]
    table = [
        name
        for line in watch.splitlines()
        if line.startswith("| `")
        for name in re.findall(r"`([a-z_]+)`", line.split("|")[1])
    ]
    town.send(town.seen())
    families = list(text_string_to_metric_families(monitor.get("/metrics").text))
    there = {f"{one.name}_total" if one.type == "counter" else one.name for one in families}
    own = {one.removeprefix("steward_server_") for one in there if one.startswith("steward_server_")}
    assert own - {"build_info"} == set(table)
    assert {name for name in re.findall(r"steward_server_[a-z_]+", watch) if name != "steward_server_"} <= there
