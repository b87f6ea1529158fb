"""People split cases, and take it back exactly; the passes that follow abide by it."""

from __future__ import annotations

import pytest

from tests.server.cases.test_mends import merge, new_id, split, standing, two, undo
from tests.server.replay.test_replay import replayed
from tests.server.town import MIN_NS, Town


def one_of_two_bins(town: Town) -> tuple[str, list[str]]:
    """One case that took the sightings of two bins 4 m apart: seen one at a time, each pass saw one of them."""
    sightings = []
    for east_m in (0.0, 4.0, 0.0, 4.0):
        [link] = town.send(town.seen("overflowing_bin", east_m=east_m))["links"]
        sightings.append(link)
        town.clock.ns += 10 * MIN_NS
    assert len({link["case_id"] for link in sightings}) == 1
    return sightings[0]["case_id"], [link["observation_id"] for link in sightings]


@pytest.mark.both_databases
def test_two_bins_4_m_apart_stay_two_after_a_split(town: Town) -> None:
    case, (_, second, _, fourth) = one_of_two_bins(town)
    done = split(town, case, second, fourth, reason="two bins")
    other = done["other_id"]
    assert town.get(f"/api/cases/{other}")["state"] == "dispatched"
    places = [town.get(f"/api/cases/{one}")["lon"] for one in (case, other)]
    assert 2.5 < (places[1] - places[0]) * 95_000 < 5.5
    for _ in range(6):
        town.clock.ns += 20 * MIN_NS
        links = town.send(town.seen("overflowing_bin"), town.seen("overflowing_bin", east_m=4.0))["links"]
        assert [link["case_id"] for link in links] == [case, other]
    for east_m in (0.0, 4.0, 0.0, 4.0):
        town.clock.ns += 20 * MIN_NS
        [link] = town.send(town.seen("overflowing_bin", east_m=east_m))["links"]
        assert link["case_id"] in (case, other)
    assert len(town.get("/api/cases")["items"]) == 2
    town.laws_hold()
    assert replayed(town)["identical"]


@pytest.mark.both_databases
def test_undoing_a_split_at_once_leaves_every_value_of_the_case_as_it_was(town: Town) -> None:
    case, (_, second, _, fourth) = one_of_two_bins(town)
    before = standing(town)
    done = split(town, case, second, fourth)
    assert standing(town)["observation"] != before["observation"]
    undo(town, done)
    after = standing(town)
    assert after["observation"] == before["observation"]
    assert [row for row in after["case"] if row["id"] == case] == before["case"]
    split_off = town.get(f"/api/cases/{done['other_id']}")
    assert (split_off["close_reason"], split_off["merged_into"]) == ("merged", case)
    assert split_off["work_order"]["outcome"] == "merged"
    town.laws_hold()
    assert replayed(town)["identical"]


def test_what_both_saw_since_a_split_comes_along_when_that_is_undone(town: Town) -> None:
    case, (_, second, _, fourth) = one_of_two_bins(town)
    done = split(town, case, second, fourth)
    town.clock.ns += 20 * MIN_NS
    town.send(town.seen("overflowing_bin"), town.seen("overflowing_bin", east_m=4.0))
    undo(town, done)
    whole = town.get(f"/api/cases/{case}")
    assert whole["sightings"] == 6
    assert {seen["case_id"] for seen in whole["observations"]} == {case}
    town.laws_hold()
    assert replayed(town)["identical"]


def test_all_sightings_none_and_strange_ones_are_refused(town: Town) -> None:
    case, sightings = one_of_two_bins(town)
    assert split(town, case, *sightings, expect=422)["error"]["code"] == "nothing_left"
    assert split(town, case, str(new_id()), expect=422)["error"]["code"] == "not_its_sighting"
    split(town, case, expect=422)
    town.post(f"/api/cases/{case}/dismiss", "operator", reason="nothing there")
    assert split(town, case, sightings[0], expect=409)["error"]["code"] == "wrong_state"


def test_a_merged_part_is_given_back_by_undoing_not_by_splitting(town: Town) -> None:
    kept, gone = two(town)
    merge(town, kept, gone)
    [observation] = [seen["id"] for seen in town.get(f"/api/cases/{gone}")["observations"]]
    refused = split(town, kept, observation, expect=409)["error"]
    assert (refused["code"], "undo that merge" in refused["message"]) == ("of_a_part", True)


def test_a_split_is_not_undone_over_a_crews_head_or_a_later_mend(town: Town) -> None:
    case, (_, second, third, fourth) = one_of_two_bins(town)
    done = split(town, case, second, fourth)
    later = split(town, case, third)
    assert undo(town, done, 409)["error"]["code"] == "later_mend"
    undo(town, later)
    town.post(f"/api/work-orders/{town.order_of(done['other_id'])['id']}/accept", "crew-a")
    assert undo(town, done, 409)["error"]["code"] == "crew_accepted"
    assert replayed(town)["identical"]
