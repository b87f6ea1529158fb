"""The whole sentence from the field: a car finds, a person clears, another approves."""

from __future__ import annotations

from tests.server.town import HOUR_NS, MIN_NS, Town, picture


def test_a_sighting_becomes_a_work_order_that_is_cleared_and_approved(town: Town) -> None:
    before = picture(1)
    answer = town.send(town.seen("litter", pictures=(before,)))
    [link] = answer["links"]
    assert (link["outcome"], link["reason"]) == ("opened", None)
    assert len(answer["missing_evidence"]) == 1
    town.upload(before)

    case = town.get(f"/api/cases/{link['case_id']}")
    assert (case["state"], case["grid_id"]) == ("dispatched", "grid-a")
    assert case["picture"] == answer["missing_evidence"][0]
    order = case["work_order"]
    assert order["assignee_name"] == "Crew-A"
    assert order["due_at"] == "2026-11-23T08:00:00Z"  # 10:00 and four working hours, a lunch break between: 16:00

    town.post(f"/api/work-orders/{order['id']}/accept", "crew-a")
    town.clock.ns += HOUR_NS
    order = town.after_photo(order["id"], picture(2))
    assert (order["state"], len(order["after"])) == ("fed_back", 1)
    order = town.post(
        f"/api/work-orders/{order['id']}/send-back", "reviewer", reason="the bag beside it still lies there"
    )
    assert (order["state"], order["send_backs"]) == ("handling", 1)
    town.clock.ns += 10 * MIN_NS
    town.after_photo(order["id"], picture(3))
    order = town.post(f"/api/work-orders/{order['id']}/approve", "reviewer")
    assert (order["state"], order["outcome"]) == ("closed", "fixed")

    case = town.get(f"/api/cases/{link['case_id']}")
    assert (case["state"], case["close_reason"], case["owner"]) == ("closed", "fixed", None)
    assert [line["event"] for line in case["history"]] == [
        "open",
        "dispatch",
        "accept",
        "feed_back",
        "send_back",
        "feed_back",
        "approve",
    ]
    town.laws_hold()


def test_the_same_thing_seen_by_a_second_pass_is_the_same_case(town: Town) -> None:
    first = town.send(town.seen("overflowing_bin"))["links"][0]
    town.clock.ns += 30 * MIN_NS
    second = town.send(town.seen("overflowing_bin", east_m=3.0))["links"][0]
    assert (second["outcome"], second["case_id"]) == ("attached", first["case_id"])
    assert town.get(f"/api/cases/{first['case_id']}")["passes"] == 2
    assert len(town.get("/api/work-orders")["items"]) == 1
    town.laws_hold()
