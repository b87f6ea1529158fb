"""People merge cases, and take it back exactly; the passes that follow abide by it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from server.cases.mends import Hindrance
from server.pictures.objects import digest_of
from server.records.ids import Uuid7
from server.records.outbox import Outbox
from server.records.tables import Base, CaseEvent, CaseRow, ObservationRow, WorkOrder
from tests.server.replay.test_replay import replayed
from tests.server.town import MIN_NS, Town, picture

new_id = Uuid7()
STANDING = (CaseRow, ObservationRow, WorkOrder)


def mend(town: Town, name: str = "operator", expect: int = 201, mend_id: str | None = None, **body: Any) -> Any:
    answer = town.client.put(f"/api/mends/{mend_id or new_id()}", json=body, headers=town.as_(name))
    assert answer.status_code == expect, answer.text
    return answer.json()


def merge(town: Town, kept: str, gone: str, **more: Any) -> Any:
    return mend(town, kind="merge", kept=kept, gone=gone, **more)


def split(town: Town, case: str, *observations: str, **more: Any) -> Any:
    return mend(town, kind="split", case=case, observations=list(observations), **more)


def undo(town: Town, mended: Any, expect: int = 200, name: str = "operator") -> Any:
    return town.post(f"/api/mends/{mended['id']}/undo", name, expect)


def two(town: Town, category: str = "litter", **second: Any) -> tuple[str, str]:
    """Two cases 12 m apart, opened by one pass."""
    first, other = town.send(town.seen(category), town.seen(category, **({"east_m": 12.0} | second)))["links"]
    assert [first["outcome"], other["outcome"]] == ["opened", "opened"]
    return first["case_id"], other["case_id"]


def standing(town: Town) -> dict[str, list[dict[str, Any]]]:
    """Every value of cases, sightings and work orders."""
    with town.context.store.read() as session:
        return {row.__tablename__: rows_of(session, row) for row in STANDING}


def rows_of(session: Any, kind: type[Base]) -> list[dict[str, Any]]:
    columns = kind.__table__.columns
    return [dict(row) for row in session.execute(select(*columns).order_by(*kind.__table__.primary_key)).mappings()]


def history(town: Town, case_id: str) -> list[str]:
    with town.context.store.read() as session:
        query = select(CaseEvent.event).where(CaseEvent.case_id == case_id).order_by(CaseEvent.id)
        return list(session.scalars(query))


def test_a_merged_case_is_part_of_the_other_with_its_sightings_and_its_order_ends(town: Town) -> None:
    kept, gone = two(town)
    order = town.order_of(gone)["id"]
    done = merge(town, kept, gone, reason="one heap")
    assert (done["case_id"], done["other_id"], done["person"]["name"], done["hindrance"]) == (
        kept,
        gone,
        "operator",
        None,
    )
    part, whole = town.get(f"/api/cases/{gone}"), town.get(f"/api/cases/{kept}")
    assert (part["state"], part["close_reason"], part["merged_into"]) == ("closed", "merged", kept)
    assert town.get(f"/api/work-orders/{order}")["outcome"] == "merged"
    assert {seen["case_id"] for seen in whole["observations"]} == {kept, gone}
    assert (whole["sightings"], whole["passes"], whole["state"]) == (2, 1, "dispatched")
    assert history(town, gone)[-1] == history(town, kept)[-1] == "merge"
    town.laws_hold()
    assert replayed(town)["identical"]


def test_of_two_listed_cases_that_are_one_each_shows_all_that_was_merged_into_it(town: Town) -> None:
    """a went into b and b into c: c shows the sightings of all three, and b goes on showing those of a."""
    photo = picture(5)
    links = town.send(town.seen(pictures=(photo,)), town.seen(east_m=12.0), town.seen(east_m=24.0))["links"]
    town.upload(photo)
    a, b, c = (link["case_id"] for link in links)
    merge(town, b, a)
    merge(town, c, b)
    whole = town.get(f"/api/cases/{c}")
    assert whole["sightings"] == 3
    listed = {case["id"]: case for case in town.get("/api/cases?state=closed&state=dispatched")["items"]}
    for case_id, sightings in ((a, 1), (b, 2), (c, 3)):
        assert listed[case_id]["sightings"] == sightings
        assert listed[case_id]["sources"] == {"vehicle": sightings}
        assert listed[case_id]["picture"] == digest_of(photo)


def test_a_crew_sees_the_pictures_of_what_was_merged_into_its_case(town: Town) -> None:
    photo = picture(6)
    [first] = town.send(town.seen())["links"]
    [second] = town.send(town.seen(east_m=12.0, pictures=(photo,)))["links"]
    town.upload(photo)
    merge(town, first["case_id"], second["case_id"])
    with town.context.store.write() as session:  # as where the other case was never sent to this crew
        for row in session.scalars(select(WorkOrder).where(WorkOrder.case_id == second["case_id"])):
            session.delete(row)
    [shown] = town.order_of(first["case_id"])["before"]
    path = f"/api/evidence/{shown['sha256']}"
    assert town.client.get(path, headers=town.as_("crew-a")).content == photo
    assert town.client.get(path, headers=town.as_("crew-b")).status_code == 404


def test_the_sealed_plates_of_a_case_are_also_those_of_what_was_merged_into_it(town: Town) -> None:
    sealed = town.seen("improper_parking", east_m=45.0, pictures=(b"sealed",), zone_id="no-stop")
    sealed["evidence"][0] |= {"role": "sealed", "media_type": "application/vnd.citysteward.sealed"}
    [first] = town.send(town.seen("improper_parking", zone_id="no-stop"))["links"]
    [second] = town.send(sealed)["links"]
    merge(town, first["case_id"], second["case_id"])
    [plate] = town.get(f"/api/cases/{first['case_id']}/plates")["items"]
    assert plate["sha256"] == digest_of(b"sealed")


def test_a_merge_is_told_to_the_live_pages_and_so_to_the_crew(town: Town) -> None:
    kept, gone = two(town)
    order = town.order_of(gone)["id"]
    with town.context.store.read() as session:
        before = len(rows_of(session, Outbox))
    merge(town, kept, gone)
    with town.context.store.read() as session:
        told = rows_of(session, Outbox)[before:]
    assert ("work_order", order) in {(row["kind"], row["subject_id"]) for row in told}
    assert {("case", kept), ("case", gone)} <= {(row["kind"], row["subject_id"]) for row in told}


def test_the_next_pass_that_sees_two_again_opens_no_third_case(town: Town) -> None:
    kept, gone = two(town, east_m=5.0)
    merge(town, kept, gone)
    town.clock.ns += 20 * MIN_NS
    links = town.send(town.seen(), town.seen(east_m=5.0))["links"]
    assert [link["outcome"] for link in links] == ["attached", "attached"]
    whole = town.get(f"/api/cases/{kept}")
    assert (whole["sightings"], whole["passes"]) == (4, 2)
    town.laws_hold()
    assert replayed(town)["identical"]


@pytest.mark.both_databases
def test_undoing_a_merge_at_once_leaves_every_value_as_it_was_and_history_grown(town: Town) -> None:
    kept, gone = two(town)
    town.clock.ns += MIN_NS
    before = standing(town)
    mended = merge(town, kept, gone)
    assert standing(town) != before
    town.clock.ns += MIN_NS
    assert undo(town, mended)["undone_by"]["name"] == "operator"
    assert standing(town) == before
    assert history(town, gone)[-2:] == ["merge", "undo"]
    town.laws_hold()
    assert replayed(town)["identical"]


def test_what_came_in_after_a_merge_goes_to_the_case_that_it_shows_when_that_is_undone(town: Town) -> None:
    kept, gone = two(town)
    town.clock.ns += MIN_NS
    mended = merge(town, kept, gone)
    for east_m in (12.0, 0.0, 12.0):
        town.clock.ns += 10 * MIN_NS
        town.send(town.seen(east_m=east_m, north_m=0.3))
    assert town.get(f"/api/cases/{kept}")["sightings"] == 5
    undo(town, mended)
    counts = [town.get(f"/api/cases/{case_id}") for case_id in (kept, gone)]
    assert [(one["sightings"], one["passes"], one["worth"]) for one in counts] == [(2, 2, 0.9), (3, 3, 0.95)]
    town.laws_hold()
    assert replayed(town)["identical"]


def test_a_case_stands_where_its_sightings_put_it_when_the_merge_is_undone(town: Town) -> None:
    kept, gone = two(town)
    mended = merge(town, kept, gone)
    town.clock.ns += 10 * MIN_NS
    town.send(town.seen(), town.seen(east_m=12.0))
    undo(town, mended)
    for row in standing(town)["case"]:
        assert row["sightings"] == 2
        assert (row["lat"], row["lon"]) == (row["memory"]["lat"], row["memory"]["lon"])


def test_a_crews_accepted_job_is_not_lost_by_merging_the_wrong_way_round(town: Town) -> None:
    kept, gone = two(town)
    town.post(f"/api/work-orders/{town.order_of(gone)['id']}/accept", "crew-a")
    refused = merge(town, kept, gone, expect=409)["error"]
    assert (refused["code"], "into it instead" in refused["message"]) == ("further_on", True)
    assert merge(town, gone, kept)["case_id"] == gone
    town.laws_hold()


def test_a_person_may_merge_what_two_crews_have_accepted(town: Town) -> None:
    kept, gone = two(town)
    for case_id in (kept, gone):
        town.post(f"/api/work-orders/{town.order_of(case_id)['id']}/accept", "crew-a")
    mended = merge(town, kept, gone)
    undo(town, mended)
    assert town.get(f"/api/cases/{gone}")["state"] == "handling"
    town.laws_hold()


def test_an_after_photo_that_waits_for_its_reviewer_is_not_merged_away(town: Town) -> None:
    kept, gone = two(town)
    order = town.order_of(gone)["id"]
    town.post(f"/api/work-orders/{order}/accept", "crew-a")
    town.after_photo(order, picture(3))
    assert merge(town, kept, gone, expect=409)["error"]["code"] == "proof_waits"


@pytest.mark.parametrize("state", ["closed", "category", "self", "far", "missing"])
def test_what_is_not_one_problem_is_refused_with_a_sentence(town: Town, state: str) -> None:
    kept, gone = two(town)
    if state == "closed":
        town.post(f"/api/cases/{gone}/dismiss", "operator", reason="nothing there")
        assert merge(town, kept, gone, expect=409)["error"]["code"] == "case_closed"
        assert merge(town, gone, kept, expect=409)["error"]["code"] == "case_closed"
    if state == "category":
        [link] = town.send(town.seen("illegal_ad", north_m=8.0))["links"]
        assert merge(town, kept, link["case_id"], expect=409)["error"]["code"] == "other_category"
    if state == "self":
        assert merge(town, kept, kept, expect=422)["error"]["code"] == "same_case"
    if state == "far":
        [link] = town.send(town.seen(east_m=190.0))["links"]
        assert merge(town, kept, link["case_id"], expect=409)["error"]["code"] == "too_far_apart"
    if state == "missing":
        merge(town, kept, str(new_id()), expect=404)
    assert replayed(town)["identical"]


@pytest.mark.parametrize("name", ["crew-a", "reviewer", "admin", "engineer"])
def test_only_operators_and_supervisors_mend(town: Town, name: str) -> None:
    kept, gone = two(town)
    [observation] = [seen["id"] for seen in town.get(f"/api/cases/{kept}")["observations"]]
    merge(town, kept, gone, name=name, expect=403)
    split(town, kept, observation, name=name, expect=403)
    mended = merge(town, kept, gone, name="supervisor")
    undo(town, mended, 403, name)


def test_the_same_mend_again_changes_nothing_and_another_body_is_refused(town: Town) -> None:
    kept, gone = two(town)
    mend_id = str(new_id())
    first = merge(town, kept, gone, mend_id=mend_id)
    before = standing(town)
    assert merge(town, kept, gone, mend_id=mend_id, expect=200) == first
    assert merge(town, gone, kept, mend_id=mend_id, expect=409)["error"]["code"] == "other_body"
    assert standing(town) == before
    once = undo(town, first)
    assert undo(town, first) == once
    assert replayed(town)["inputs"] == {"traverse": 1, "merge": 1, "undo": 1}


def test_what_was_closed_for_both_is_not_taken_apart(town: Town) -> None:
    kept, gone = two(town)
    mended = merge(town, kept, gone)
    town.post(f"/api/cases/{kept}/dismiss", "operator", reason="nothing there")
    assert undo(town, mended, 409)["error"]["code"] == "case_closed"
    [listed] = town.get(f"/api/cases/{gone}/mends")["items"]
    assert listed["hindrance"] == "case_closed"
    assert "stays as it was decided" in listed["hindrance_words"]


def test_the_same_thing_seen_again_at_a_part_of_a_dismissed_case_stays_dismissed(town: Town) -> None:
    kept, gone = two(town)
    merge(town, kept, gone)
    town.post(f"/api/cases/{kept}/dismiss", "operator", reason="nothing there")
    town.clock.ns += 10 * MIN_NS
    links = town.send(town.seen(), town.seen(east_m=12.0))["links"]
    assert [link["outcome"] for link in links] == ["suppressed", "suppressed"]
    town.laws_hold()


def test_two_looks_that_make_a_watched_vehicle_a_problem_once_merged_are_watched_again_when_undone(town: Town) -> None:
    [first] = town.send(town.seen("improper_parking", zone_id="no-stop"))["links"]
    town.clock.ns += 12 * MIN_NS
    [second] = town.send(town.seen("improper_parking", east_m=45.0, zone_id="no-stop"))["links"]
    before = standing(town)
    mended = merge(town, first["case_id"], second["case_id"])
    assert town.get(f"/api/cases/{first['case_id']}")["state"] == "dispatched"
    order = town.order_of(first["case_id"])["id"]
    undo(town, mended)
    after = standing(town)
    assert after["case"] == before["case"]
    assert town.get(f"/api/work-orders/{order}")["outcome"] == "cancelled"
    town.laws_hold()
    again = merge(town, first["case_id"], second["case_id"])
    town.post(f"/api/work-orders/{town.order_of(first['case_id'])['id']}/accept", "crew-a")
    assert undo(town, again, 409)["error"]["code"] == "moved_on"
    assert replayed(town)["identical"]


def test_near_cases_are_of_the_same_category_and_the_nearest_comes_first(town: Town) -> None:
    first, second, third, _ = (
        link["case_id"]
        for link in town.send(
            town.seen(), town.seen(east_m=40.0), town.seen(east_m=-12.0), town.seen("illegal_ad", north_m=7.0)
        )["links"]
    )
    near = town.get(f"/api/cases/{first}/near")["items"]
    assert [one["case"]["id"] for one in near] == [third, second]
    assert near[0]["distance_m"] == pytest.approx(12.0, abs=2.0)


def test_every_hindrance_has_words_in_both_languages(root: Any) -> None:
    for language in ("en", "zh-CN"):
        catalogue = (root / f"server/console/src/i18n/{language}.json").read_text("utf-8")
        assert [one.value for one in Hindrance if f'"problem.{one.value}"' not in catalogue] == []
