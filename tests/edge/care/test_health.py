"""What the worker's window answers, over real HTTP: figures, a verdict, and pictures only after the privacy step."""

from __future__ import annotations

import base64
import errno
import http.client
import json
import socket
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from prometheus_client.parser import text_string_to_metric_families

from edge.care.health import Health, State, Supervised, as_json, judge
from edge.care.healthserver import HealthServer
from edge.care.live_view import EVERY_S, LOOKING_S, LivePicture, LiveView
from edge.care.metrics import exposition
from edge.care.monitor import health_server
from edge.care.vitals import Pulse, Stage, Vitals
from edge.config import HealthTable
from edge.errors import ConfigError
from edge.outbox.counts import OutboxCounts, ParkedCount
from edge.outbox.parcels import ParkReason
from pipeline.detections import Detections
from pipeline.events import Looked
from pipeline.reasons import Reason
from pipeline.redact import DidNotRun, Redacted, Regions, redact
from tests.ports import free_port
from tests.waiting import PATIENCE_S

EMPTY = OutboxCounts(0, 0, 0, 0, 0, 0, 0)
REFUSED = (ParkedCount(ParkReason.INVALID, observations=1, records=1, pictures=0),)
PLENTY = 100 << 30
TOKEN = "a-token-of-this-vehicle"


def pulse(**known: object) -> Pulse:
    now = Vitals(lambda: 0.0).pulse()
    return replace(now, stage=Stage.INSPECTING, **known)  # type: ignore[arg-type]


def redacted(grey: int = 90) -> Redacted:
    image = np.full((480, 1600, 3), grey, np.uint8)
    return redact(image, Regions(np.zeros((0, 4), np.float32), "test 1", 1600, 480))


STATES = [
    # what is                                                    part        state
    (pulse(turn_age_s=59.0), EMPTY, PLENTY,                      "work",     State.GOOD),
    (pulse(turn_age_s=61.0), EMPTY, PLENTY,                      "work",     State.BAD),
    (pulse(sources_failed=1), EMPTY, PLENTY,                     "work",     State.WARN),
    (replace(pulse(turn_age_s=600.0), stage=Stage.OPENING), EMPTY, PLENTY, "work", State.GOOD),
    (replace(pulse(), stage=Stage.COOLING), EMPTY, PLENTY,       "work",     State.WARN),
    (pulse(), EMPTY, PLENTY,                                     "upload",   State.GOOD),
    (pulse(upload_waits="no connection"), replace(EMPTY, items_waiting=3), PLENTY, "upload", State.WARN),
    (pulse(up_s=3601.0), replace(EMPTY, items_waiting=3), PLENTY, "upload",  State.WARN),
    (pulse(), None, PLENTY,                                      "outbox",   State.BAD),
    (pulse(), replace(EMPTY, made=1), PLENTY,                    "outbox",   State.BAD),
    (pulse(), replace(EMPTY, made=1, parked=1, reasons=REFUSED), PLENTY, "outbox", State.WARN),
    (pulse(), replace(EMPTY, made=1, parked=1), PLENTY,          "outbox",   State.BAD),
    (pulse(), EMPTY, None,                                       "disk",     State.BAD),
    (pulse(), EMPTY, 1 << 20,                                    "disk",     State.BAD),
    (pulse(), EMPTY, 1 << 30,                                    "disk",     State.WARN),
    (pulse(celsius=50.0, band="normal"), EMPTY, PLENTY,          "warmth",   State.GOOD),
    (pulse(celsius=80.0, band="hot"), EMPTY, PLENTY,             "warmth",   State.WARN),
    (pulse(celsius=99.0, band="critical"), EMPTY, PLENTY,        "warmth",   State.BAD),
]  # fmt: skip


@pytest.mark.parametrize(("now", "counts", "free", "part", "state"), STATES)
def test_each_part_is_judged(
    now: Pulse, counts: OutboxCounts | None, free: int | None, part: str, state: State
) -> None:
    health = judge(now, counts, free, None)
    assert {one.name: one.state for one in health.parts}[part] is state
    assert health.good is (state is not State.BAD)


def test_restarts_are_said_with_their_reason() -> None:
    told = as_json(judge(pulse(), EMPTY, PLENTY, Supervised(3, 1, "no progress for 120 s")))
    assert told["parts"]["restarts"]["state"] == "warn"
    assert "no progress for 120 s" in told["parts"]["restarts"]["said"]


def test_frames_are_counted_by_reason() -> None:
    vitals = Vitals()
    for reason in (None, Reason.TOO_CLOSE, Reason.TOO_CLOSE, Reason.DECODE_ERROR):
        vitals.looked(Looked(0, 0, reason, Detections.none()))
    now = vitals.pulse()
    assert (now.analysed, now.skipped, now.quarantined) == (1, {"too_close": 2}, {"decode_error": 1})


class Window:
    """Pages that the tests set."""

    def __init__(self) -> None:
        self.health: Health = judge(pulse(skipped={"dark": 2}, models={"street": "ab" * 32}), EMPTY, PLENTY, None)
        self.live_view: LiveView | None = LiveView()

    def healthz(self) -> tuple[bool, dict[str, object]]:
        return self.health.good, as_json(self.health)

    def metrics(self) -> bytes | None:
        return exposition(self.health)

    def view(self) -> LivePicture | None:
        return None if self.live_view is None else self.live_view.look()


def ask(
    server: HealthServer, path: str, method: str = "GET", here: str = "127.0.0.1", **headers: str
) -> tuple[int, bytes]:
    line = http.client.HTTPConnection(here, server.port, timeout=PATIENCE_S)
    try:
        line.request(method, path, headers=headers)
        answer = line.getresponse()
        return answer.status, answer.read()
    finally:
        line.close()


def test_healthz_is_200_while_all_is_well_and_503_when_a_part_is_bad() -> None:
    window = Window()
    with HealthServer("127.0.0.1", 0, window) as server:
        status, body = ask(server, "/healthz")
        assert (status, json.loads(body)["good"]) == (200, True)
        window.health = judge(pulse(turn_age_s=300.0), EMPTY, PLENTY, None)
        status, body = ask(server, "/healthz")
        assert (status, json.loads(body)["parts"]["work"]["said"]) == (503, "no progress for 300 s")


@pytest.mark.skipif(not socket.has_ipv6, reason="this system has no IPv6")
def test_it_listens_on_an_address_of_the_newer_kind_too() -> None:
    try:
        with HealthServer("::1", 0, Window()) as server:
            assert ask(server, "/healthz", here="::1")[0] == 200
    except OSError as error:
        if error.errno != errno.EADDRNOTAVAIL:
            raise
        pytest.skip("this computer has no loopback address of IPv6")


def test_metrics_are_what_prometheus_reads() -> None:
    with HealthServer("127.0.0.1", 0, Window()) as server:
        status, body = ask(server, "/metrics")
    assert status == 200
    samples = [one for family in text_string_to_metric_families(body.decode()) for one in family.samples]
    frames = {
        (one.labels["stage"], one.labels["reason"]): one.value
        for one in samples
        if one.name == "steward_edge_frames_total"
    }
    assert frames == {("analysed", ""): 0.0, ("skipped", "dark"): 2.0}
    assert {one.labels["name"] for one in samples if one.name == "steward_edge_model"} == {"street"}


def test_only_get_is_answered_and_only_for_pages_there_are() -> None:
    with HealthServer("127.0.0.1", 0, Window()) as server:
        assert ask(server, "/healthz", "POST")[0] == 501
        assert ask(server, "/../etc/passwd")[0] == 404


def test_the_live_view_shows_a_redacted_picture_and_withholds_one_that_is_not() -> None:
    window = Window()
    live_view = window.live_view
    assert live_view is not None
    with HealthServer("127.0.0.1", 0, window) as server:
        assert ask(server, "/live.jpg")[0] == 503
        live_view.keep(redacted())
        status, body = ask(server, "/live.jpg")
        assert status == 200
        shown = cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_COLOR)
        assert shown.shape == (288, 960, 3)
        assert b"live.jpg" in ask(server, "/live")[1]
        live_view.keep(DidNotRun("the model <failed>"))
        assert ask(server, "/live.jpg")[0] == 503
        page = ask(server, "/live")[1].decode()
        assert "live.jpg" not in page
        assert "the model &lt;failed&gt;" in page


def test_nothing_but_a_redacted_picture_can_be_shown() -> None:
    raw = np.zeros((48, 64, 3), np.uint8)
    with pytest.raises((TypeError, AttributeError)):
        LiveView().keep(raw)  # type: ignore[arg-type]


def test_a_web_page_with_a_name_of_its_own_for_this_computer_sees_nothing() -> None:
    with HealthServer("127.0.0.1", 0, Window()) as server:
        assert ask(server, "/live", Host="evil.example:9109")[0] == 401


def test_a_token_opens_the_live_view_under_any_name() -> None:
    basic = base64.b64encode(f"anyone:{TOKEN}".encode()).decode()
    with HealthServer("127.0.0.1", 0, Window(), TOKEN) as server:
        keys = {f"Bearer {TOKEN}": 200, f"Basic {basic}": 200, "Bearer wrong": 401, "Basic %": 401}
        for told, status in keys.items():
            assert ask(server, "/live", Host="car-07.example", Authorization=told)[0] == status


def test_without_a_live_view_there_is_no_page() -> None:
    window = Window()
    window.live_view = None
    with HealthServer("127.0.0.1", 0, window) as server:
        assert ask(server, "/live")[0] == 404


def test_a_token_that_is_short_or_absent_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        health_server(HealthTable(live_token_file=tmp_path / "absent"), Window())
    (tmp_path / "token").write_text("short", "utf-8")
    with pytest.raises(ConfigError, match="16 characters"):
        health_server(HealthTable(live_token_file=tmp_path / "token"), Window())
    (tmp_path / "token").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="ASCII"):
        health_server(HealthTable(live_token_file=tmp_path / "token"), Window())


def test_the_token_is_the_first_line_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{TOKEN}\n# for the depot\n", "utf-8")
    asked = HealthTable(listen=f"127.0.0.1:{free_port()}", live_token_file=tmp_path / "token")
    with health_server(asked, Window()) as server:
        assert ask(server, "/live", Host="car-07.example", Authorization=f"Bearer {TOKEN}")[0] == 200


def test_pictures_are_made_only_while_somebody_looks_and_not_too_often() -> None:
    now = [0.0]
    live_view = LiveView(lambda: now[0])
    assert not live_view.wanted()
    live_view.look()
    assert live_view.wanted()
    live_view.keep(redacted())
    assert not live_view.wanted()
    now[0] += EVERY_S
    assert live_view.wanted()
    now[0] += LOOKING_S
    assert not live_view.wanted()
