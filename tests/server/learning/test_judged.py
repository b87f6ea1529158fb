"""What the records say of each observation, after people have decided."""

from __future__ import annotations

import pytest

from server.learning.judged import every_judged, judged_page
from server.learning.since import in_pieces
from server.learning.verdicts import Unjudged, Verdict
from tests.server.api.test_order_lists import asked_of
from tests.server.cases.test_healing import heal, two_cases
from tests.server.judgement import MODEL, dismiss, fix, report, sighting
from tests.server.town import HOUR_NS, MIN_NS, Town, picture


def verdicts(town: Town) -> list[Verdict | Unjudged]:
    """In the order in which the observations were made."""
    with town.context.store.read() as session:
        found = [one for page in every_judged(session) for one in page]
    return [one.verdict for one in sorted(found, key=lambda one: (one.utc_ns, one.observation_id))]


def test_an_approved_fix_confirms_what_was_seen_before_it_and_not_what_was_seen_since(town: Town) -> None:
    case_id = report(town, 1)
    town.clock.ns += MIN_NS
    town.send(sighting(town, 2))
    order = town.order_of(case_id)["id"]
    town.post(f"/api/work-orders/{order}/accept", "crew-a")
    town.clock.ns += MIN_NS
    town.after_photo(order, picture(3))
    town.clock.ns += MIN_NS
    [link] = town.send(sighting(town, 4))["links"]
    assert (link["outcome"], link["case_id"]) == ("attached", case_id)
    assert verdicts(town) == [Unjudged.STILL_OPEN] * 3
    town.post(f"/api/work-orders/{order}/approve", "reviewer")
    assert verdicts(town) == [Verdict.CONFIRMED, Verdict.CONFIRMED, Unjudged.SEEN_AFTER_FIX]


def test_not_a_problem_also_dismisses_the_look_alikes_that_it_suppressed(town: Town) -> None:
    dismiss(town, report(town, 1, category="illegal_ad", label="illegal_ad"))
    town.clock.ns += 30 * MIN_NS
    [again] = town.send(sighting(town, 2, category="illegal_ad", label="illegal_ad", east_m=0.5))["links"]
    assert again["outcome"] == "suppressed"
    assert verdicts(town) == [Verdict.DISMISSED, Verdict.DISMISSED]


@pytest.mark.parametrize("finding", ["cannot_be_judged", "not_ours", "already_gone", None])
def test_a_case_dismissed_for_another_finding_says_nothing_about_the_detector(town: Town, finding: str | None) -> None:
    dismiss(town, report(town, 1), finding)
    assert verdicts(town) == [Unjudged.OTHER_FINDING]


@pytest.mark.parametrize(
    ("step", "expected"),
    [("escalate", Verdict.CONFIRMED), ("cancel", Unjudged.CANCELLED), ("suspend", Unjudged.STILL_OPEN)],
)
def test_what_the_supervisor_does_with_a_case(town: Town, step: str, expected: Verdict | Unjudged) -> None:
    town.post(f"/api/cases/{report(town, 1)}/{step}", "supervisor", reason="as agreed")
    assert verdicts(town) == [expected]


def test_persuading_confirms(town: Town) -> None:
    case_id = report(town, 1)
    town.post(f"/api/work-orders/{town.order_of(case_id)['id']}/accept", "crew-a")
    town.post(f"/api/cases/{case_id}/persuade", "operator", reason="put right")
    assert verdicts(town) == [Verdict.CONFIRMED]


def test_a_merged_cases_sightings_share_the_survivors_verdict_and_place(town: Town) -> None:
    kept, gone = two_cases(town)
    heal(town, kept, gone)
    fix(town, kept, 9)
    with town.context.store.read() as session:
        found = judged_page(session, "")
    assert [(one.verdict, one.case_id) for one in found] == [(Verdict.CONFIRMED, kept)] * 2
    assert len({(one.lat, one.lon) for one in found}) == 1


def test_what_intake_rejected_is_there_without_a_case(town: Town) -> None:
    town.send(sighting(town, 1, category="no_such_thing"))
    with town.context.store.read() as session:
        [one] = judged_page(session, "")
    assert (one.verdict, one.case_id, one.model_digest) == (Unjudged.NO_CASE, None, MODEL)


def test_pages_hold_everything_once_and_a_day_cuts_off_what_was_seen_before(town: Town) -> None:
    for seed in range(5):
        town.send(sighting(town, seed))
        town.clock.ns += HOUR_NS
    with town.context.store.read() as session:
        whole = judged_page(session, "")
        paged, after = [], ""
        while page := judged_page(session, after, limit=2):
            paged += page
            after = page[-1].observation_id
        late = judged_page(session, "", since_ns=whole[3].utc_ns)
    assert len(whole) == 5
    assert paged == whole
    assert late == whole[3:]


def test_what_was_seen_since_a_day_is_looked_for_from_that_day_on(town: Town) -> None:
    report(town, 1)
    with asked_of(town) as asked, town.context.store.read() as session:
        judged_page(session, "", town.clock.ns)
        list(in_pieces(session, town.clock.ns, 500))
    looked = [one for one in asked if "observation.utc_ns >=" in one[0]]
    with town.context.store.engine.connect() as connection:
        plans = [
            connection.exec_driver_sql("EXPLAIN QUERY PLAN " + statement, values).all() for statement, values in looked
        ]
    begins = [next(step for *_, step in plan if "observation" in step) for plan in plans]
    early, told = "INDEX ix_observation_early (id>? AND id<?)", "INDEX sqlite_autoindex_observation_1 (id>?)"
    assert [told if told in step else early if early in step else step for step in begins] == [early, told] * 2
