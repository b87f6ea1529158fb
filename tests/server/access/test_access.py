"""Who may do what: sessions, devices, roles, and pages of other sites."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update

from pipeline.upload import CHECKSUM
from server.access.people import SESSION_NS, token_digest
from server.access.tries import TriesRow
from server.api import session
from server.records.tables import Device, EnrolmentCode, Login, Person
from tests.server.setupfile import PASSWORD
from tests.server.town import MIN_NS, Town, application, picture


def sign_in(town: Town, name: str = "operator", password: str = PASSWORD) -> Any:
    return town.client.post("/api/session", json={"name": name, "password": password})


def test_signing_in_gives_a_token_and_a_strict_cookie_that_scripts_cannot_read(town: Town) -> None:
    answer = sign_in(town)
    assert answer.status_code == 201
    assert answer.json()["person"]["role"] == "operator"
    cookie = answer.headers["set-cookie"].lower()
    assert "steward_session=" in cookie
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert town.client.get("/api/me").json()["name"] == "operator"


def test_signing_out_ends_the_session_for_token_and_cookie(town: Town) -> None:
    token = sign_in(town).json()["token"]
    assert town.client.delete("/api/session").status_code == 204
    assert town.client.get("/api/me").status_code == 401
    assert town.client.get("/api/me", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_a_session_ends_by_itself(town: Town) -> None:
    town.as_("operator")
    headers = town.as_("operator")
    town.clock.ns += SESSION_NS - 1
    assert town.client.get("/api/me", headers=headers).status_code == 200
    town.clock.ns += 2
    assert town.client.get("/api/me", headers=headers).status_code == 401


def test_the_session_of_a_person_who_left_is_worth_nothing(town: Town) -> None:
    headers = town.as_("operator")
    with town.context.store.write() as session:
        session.execute(update(Person).where(Person.name == "operator").values(active=False))
    assert town.client.get("/api/me", headers=headers).status_code == 401
    assert sign_in(town).status_code == 401


def test_no_token_no_code_and_no_password_stands_in_the_database(town: Town) -> None:
    token = sign_in(town).json()["token"]
    code = town.post("/api/devices/codes", "admin", 201)["code"]
    device_token = town.device[1]["Authorization"].removeprefix("Bearer ")
    with town.context.store.read() as session:
        assert token_digest(token) in set(session.scalars(select(Login.token_sha256)))
        assert session.get(EnrolmentCode, token_digest(code)) is not None
        assert session.scalar(select(Device.token_sha256)) == token_digest(device_token)
    for path in town.home.glob("steward.db*"):
        content = path.read_bytes()
        for secret in (token, code, device_token, PASSWORD):
            assert secret.encode() not in content


def test_a_wrong_name_and_a_wrong_password_are_answered_alike(town: Town) -> None:
    one, other = sign_in(town, password="wrong"), sign_in(town, name="nobody")
    assert (one.status_code, one.text) == (other.status_code, other.text)
    assert one.status_code == 401


def test_too_many_wrong_sign_ins_have_to_wait_and_then_may_try_again(town: Town) -> None:
    for _ in range(8):
        assert sign_in(town, password="wrong").status_code == 401
    blocked = sign_in(town)
    assert blocked.status_code == 429
    assert 0 < int(blocked.headers["retry-after"]) <= 300
    town.clock.ns += 5 * MIN_NS
    assert sign_in(town).status_code == 201


def test_who_gets_a_password_wrong_keeps_nobody_else_behind_the_same_address_waiting(town: Town) -> None:
    assert [sign_in(town, password="wrong").status_code for _ in range(9)] == [401] * 8 + [429]
    assert sign_in(town, name="crew-a").status_code == 201


def test_tries_under_many_names_from_one_address_have_to_wait_too(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "FROM_MANY", 10)
    assert [sign_in(town, name=f"n{number}").status_code for number in range(11)] == [401] * 10 + [429]
    assert sign_in(town, name="crew-a").status_code == 429


def test_a_sign_in_that_goes_well_counts_for_nothing(town: Town) -> None:
    for _ in range(2):
        assert [sign_in(town, password="wrong").status_code for _ in range(7)] == [401] * 7
        assert sign_in(town).status_code == 201
    with town.context.store.read() as records:
        left = {len(row.at_ns) for row in records.scalars(select(TriesRow))}
    assert left == {14}


def test_the_addresses_of_one_ipv6_network_share_their_tries(town: Town) -> None:
    def tried(address: str, password: str) -> int:
        client = TestClient(application(), client=(address, 50_000))
        return client.post("/api/session", json={"name": "operator", "password": password}).status_code

    assert {tried(f"2001:db8::{number}", "wrong") for number in range(8)} == {401}
    assert tried("2001:db8::ffff", PASSWORD) == 429
    assert tried("2001:db8:0:1::1", PASSWORD) == tried("::ffff:203.0.113.1", PASSWORD) == 201


def test_too_many_wrong_enrolment_codes_have_to_wait(town: Town) -> None:
    body = {"code": "AAAA-AAAA-AAAA", "name": "car", "kind": "vehicle"}
    answers = [town.client.post("/api/devices/enrol", json=body).status_code for _ in range(9)]
    assert answers == [403] * 8 + [429]


def test_an_enrolment_code_works_once_in_any_case_and_not_after_its_time(town: Town) -> None:
    code = town.post("/api/devices/codes", "admin", 201)["code"]
    body = {"code": f" {code.lower()} ", "name": "car", "kind": "vehicle"}
    assert town.client.post("/api/devices/enrol", json=body).status_code == 201
    again = town.client.post("/api/devices/enrol", json=body)
    assert (again.status_code, again.json()["error"]["code"]) == (403, "code_refused")
    old = town.post("/api/devices/codes", "admin", 201)["code"]
    town.clock.ns += 7 * 24 * 60 * MIN_NS
    assert town.client.post("/api/devices/enrol", json=body | {"code": old}).status_code == 403


def test_bins_cannot_be_guessed_without_a_code_and_a_wrong_bin_does_not_cost_the_code(town: Town) -> None:
    code = town.post("/api/devices/codes", "admin", 201)["code"]
    body = {"code": code, "name": "sensor", "kind": "sensor", "bin_id": "B9"}
    guessed = town.client.post("/api/devices/enrol", json=body | {"code": "AAAA-AAAA-AAAA"})
    assert (guessed.status_code, guessed.json()["error"]["code"]) == (403, "code_refused")
    wrong = town.client.post("/api/devices/enrol", json=body)
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (422, "no_bin")
    assert town.client.post("/api/devices/enrol", json=body | {"bin_id": "B1"}).status_code == 201


def test_a_device_key_must_be_an_ed25519_key(town: Town) -> None:
    code = town.post("/api/devices/codes", "admin", 201)["code"]
    body = {"code": code, "name": "car", "kind": "vehicle"}
    for key in ["!!!", "c2hvcnQ="]:
        assert town.client.post("/api/devices/enrol", json=body | {"public_key": key}).status_code == 422
    good = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
    assert town.client.post("/api/devices/enrol", json=body | {"public_key": good}).status_code == 201


def test_a_revoked_device_is_heard_no_more_and_what_it_sent_stays(town: Town) -> None:
    device_id, headers = town.device
    town.send(town.seen("litter"))
    answer = town.client.post(f"/api/devices/{device_id}/revoke", headers=town.as_("admin"))
    assert answer.status_code == 204
    body = town.traverse(device_id, town.seen("litter"))
    assert town.client.put(f"/api/traverses/{body['id']}", json=body, headers=headers).status_code == 401
    assert len(town.get("/api/cases")["items"]) == 1
    [device] = town.get("/api/devices", "admin")["items"]
    assert device["revoked_at"] is not None


@pytest.mark.both_databases
def test_a_sensor_sends_no_traverse_and_no_picture_and_no_case_comes_of_it(town: Town) -> None:
    content = picture(1)
    town.send(town.seen("litter", pictures=(content,)))
    sensor_id, sensor = town.enrol("sensor", "sensor", bin_id="B1")
    body = town.traverse(sensor_id, town.seen("illegal_ad"))
    path, about = f"/api/traverses/{body['id']}", f"/api/evidence/{hashlib.sha256(content).hexdigest()}"
    answers = [
        town.client.put(path, json=body, headers=sensor),
        town.client.put(path, json=body, headers=sensor | {"Content-Type": "application/json; charset=utf-8"}),
        town.client.post(about, json={}, headers=sensor),
        town.client.put(about, content=content, headers=sensor),
        town.client.put(f"{about}/parts/0", content=content, headers=sensor | {CHECKSUM: "x"}),
    ]
    assert [(one.status_code, one.json()["error"]["code"]) for one in answers] == [(403, "other_kind")] * 5
    assert [case["category"] for case in town.get("/api/cases")["items"]] == ["litter"]


def test_a_drone_sends_what_a_vehicle_sends(town: Town) -> None:
    drone_id, drone = town.enrol("drone-1", "drone")
    content = picture(1)
    body = town.traverse(drone_id, town.seen("litter", pictures=(content,)), kind="drone")
    assert town.client.put(f"/api/traverses/{body['id']}", json=body, headers=drone).status_code == 201
    about = f"/api/evidence/{hashlib.sha256(content).hexdigest()}"
    assert town.client.put(about, content=content, headers=drone).status_code == 201


@pytest.mark.parametrize("said", ["drone", "inspector", "citizen", "sensor"])
def test_a_vehicle_cannot_say_that_it_is_anything_else(town: Town, said: str) -> None:
    device_id, headers = town.device
    whole = town.traverse(device_id, town.seen("litter"), kind=said)
    own = town.traverse(device_id, town.seen("litter"), town.seen("litter", east_m=20.0))
    own["observations"][1]["source_kind"] = said
    for body in (whole, own):
        answer = town.client.put(f"/api/traverses/{body['id']}", json=body, headers=headers)
        error = answer.json()["error"]
        assert (answer.status_code, error["code"], error["where"]) == (403, "other_kind", "body.source_kind")
        assert f"enrolled as a vehicle, and what it sends says {said}" in error["message"]
    assert town.get("/api/cases")["items"] == []


# Who may call what. Every operation of the interface stands here; a new one fails the test until it is added.
ANYBODY = {
    "post /api/session",
    "post /api/devices/enrol",
    "get /healthz",
    "get /api/reports/categories",
    "get /api/reports/grids",
    "post /api/reports",
    "get /api/reports/{token}",
    "post /api/reports/{token}/not-fixed",
}
DEVICE = {
    "put /api/traverses/{id}",
    "post /api/evidence/{sha256}",
    "put /api/evidence/{sha256}",
    "put /api/evidence/{sha256}/parts/{number}",
    "post /api/sensors/readings",
}
EVERYONE = {
    "delete /api/session",
    "get /api/me",
    "get /api/taxonomy",
}
CASEWORK = {
    "get /api/cases",
    "get /api/cases/{id}",
    "get /api/work-orders",
    "get /api/work-orders/{id}",
    "post /api/work-orders/{id}/accept",
    "post /api/work-orders/{id}/after-photo",
    "post /api/work-orders/{id}/approve",
    "post /api/work-orders/{id}/send-back",
    "get /api/map",
    "get /api/grids",
    "get /api/zones",
    "get /api/events",
    "get /api/evidence/{sha256}",
}
STAFF = {
    f"post /api/cases/{{id}}/{step}"
    for step in ("confirm", "dispatch", "hand-over", "dismiss", "persuade", "escalate", "suspend", "resume", "cancel")
} | {
    "get /api/find",
    "get /api/figures",
    "put /api/mends/{id}",
    "post /api/mends/{id}/undo",
    "get /api/cases/{id}/mends",
    "get /api/cases/{id}/near",
}
NUMBERS = {"get /api/advertisers", "get /api/advertisers/{id}"}
ADMIN = {"get /api/devices", "post /api/devices/codes", "post /api/devices/{id}/revoke"}
ENGINEER = {"get /api/verdicts", "get /api/verdicts/pictures/{sha256}"}
MEASURED = {"get /api/figures/precision"}
ASSESSED = {"get /api/figures/assessment"}
INSPECTOR = {"post /api/inspections"}
SUPERVISOR = {"get /api/cases/{id}/plates", "get /api/work-orders/hand-over", "post /api/work-orders/hand-over"}
PERSONAL = EVERYONE | CASEWORK | STAFF | NUMBERS | ADMIN | ENGINEER | MEASURED | ASSESSED | INSPECTOR | SUPERVISOR
ID = "0199d2c4-7a10-7c3e-9f55-3d2b8a6f0e11"


def operations(town: Town) -> set[str]:
    paths = town.client.get("/api/openapi.json").json()["paths"]
    return {f"{verb} {path}" for path, verbs in paths.items() for verb in verbs}


def call(town: Town, operation: str, headers: dict[str, str]) -> int:
    verb, _, path = operation.partition(" ")
    path = path.replace("{id}", ID).replace("{sha256}", "0" * 64).replace("{number}", "0")
    return town.client.request(verb, path, headers=headers).status_code


def test_every_operation_is_in_this_rule_book(town: Town) -> None:
    assert operations(town) == ANYBODY | DEVICE | PERSONAL


def test_nobody_gets_in_without_a_token(town: Town) -> None:
    for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic eDp5"}):
        for operation in operations(town) - ANYBODY:
            assert call(town, operation, headers) == 401, operation


def test_a_devices_token_opens_no_door_for_people_and_the_other_way_round(town: Town) -> None:
    for operation in PERSONAL:
        assert call(town, operation, town.device[1]) == 401, operation
    for operation in DEVICE:
        assert call(town, operation, town.as_("admin")) == 401, operation


@pytest.mark.parametrize("name", ["crew-a", "operator", "reviewer", "supervisor", "admin", "engineer", "inspector"])
def test_a_role_reaches_what_it_may_and_no_more(town: Town, name: str) -> None:
    refused = {
        **dict.fromkeys(CASEWORK, name in ("engineer", "inspector")),
        **dict.fromkeys(STAFF, name in ("crew-a", "engineer", "inspector")),
        **dict.fromkeys(NUMBERS, name in ("crew-a", "admin", "engineer", "inspector")),
        **dict.fromkeys(ADMIN, name != "admin"),
        **dict.fromkeys(ENGINEER, name != "engineer"),
        **dict.fromkeys(MEASURED, name in ("crew-a", "inspector")),
        **dict.fromkeys(ASSESSED, name not in ("supervisor", "admin")),
        **dict.fromkeys(INSPECTOR, name != "inspector"),
        **dict.fromkeys(SUPERVISOR, name != "supervisor"),
    }
    for operation, no in refused.items():
        if not no and operation == "get /api/events":
            continue  # a stream that does not end
        assert (call(town, operation, town.as_(name)) == 403) == no, operation


def test_another_crew_members_cases_and_orders_do_not_exist_for_me(town: Town) -> None:
    [link] = town.send(town.seen("litter"))["links"]
    order = town.order_of(link["case_id"])
    assert [item["id"] for item in town.get("/api/work-orders", "crew-a")["items"]] == [order["id"]]
    assert town.get("/api/work-orders", "crew-b")["items"] == []
    assert town.get("/api/cases", "crew-b")["items"] == []
    assert town.get("/api/map", "crew-b")["features"] == []
    for path in (f"/api/cases/{link['case_id']}", f"/api/work-orders/{order['id']}"):
        assert town.client.get(path, headers=town.as_("crew-a")).status_code == 200
        assert town.client.get(path, headers=town.as_("crew-b")).status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Origin": "http://testserver:8443"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_page_of_another_site_cannot_act_with_the_cookie(town: Town, headers: dict[str, str]) -> None:
    [link] = town.send(town.seen("litter"))["links"]
    assert sign_in(town).status_code == 201
    path = f"/api/cases/{link['case_id']}/dismiss"
    answer = town.client.post(path, json={"reason": "x"}, headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "foreign_page")
    own = {"Origin": "http://testserver"}
    assert town.client.post(path, json={"reason": "x"}, headers=own).status_code == 200


def test_behind_a_proxy_that_loses_the_port_the_browsers_word_counts_and_without_it_the_refusal_says_what_to_set(
    town: Town,
) -> None:
    assert sign_in(town).status_code == 201
    opened_at = {"Origin": "https://testserver:8443"}
    refused = town.client.delete("/api/session", headers=opened_at)
    assert refused.status_code == 403
    for words in ("https://testserver:8443", "asked as testserver.", "proxy_set_header Host $http_host"):
        assert words in refused.json()["error"]["message"]
    own = {**opened_at, "Sec-Fetch-Site": "same-origin"}
    assert town.client.delete("/api/session", headers=own).status_code == 204


def test_every_answer_carries_the_strict_headers(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [town.client.get(path) for path in ("/healthz", "/api/me", "/api/docs", "/nowhere")]
    headers, broken = town.as_("admin"), TestClient(application(), raise_server_exceptions=False)
    with monkeypatch.context() as failing:
        failing.setattr(application().state, "context", None)
        answers.append(broken.get("/api/me", headers=headers))
    assert answers[-1].status_code == 500
    for answer in answers:
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-frame-options"] == "DENY"
        assert "unsafe-inline" not in answer.headers["content-security-policy"].partition("script-src")[2]
    assert answers[1].headers["cache-control"] == answers[-1].headers["cache-control"] == "no-store"
