"""What one picture showed as two is never called one: not by a match, not by healing, in whatever order it comes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from itertools import combinations, product
from typing import Any
from uuid import UUID, uuid5

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.observation import Observation
from pipeline.traverse import Traverse
from server.association import apart
from server.association.casebook import CaseBook
from server.association.ellipse import Ellipse
from server.association.memory import Memory
from server.association.merge import folded, merges
from server.association.priors import default_priors
from server.association.sighting import Sighting, in_one_picture
from server.association.state import Glance, OpenCase, from_state, to_state
from tests.server.association.test_merge import NEW, OLD
from tests.server.association_scene import SPACE, Pass, Thing, drive

PRIORS = default_priors()


def halves(way: Traverse) -> tuple[Traverse, Traverse]:
    """The traverse cut in two, as a vehicle cuts: a track is told with the part in which it ended."""
    cut_ns = way.poses[len(way.poses) // 2].utc_ns
    parts = []
    for name, late in (("first", False), ("second", True)):
        poses = tuple(pose for pose in way.poses if (pose.utc_ns > cut_ns) is late)
        seen = tuple(one for one in way.observations if (one.utc_ns > cut_ns) is late)
        parts.append(replace(way, id=uuid5(SPACE, f"{way.id} {name}"), poses=poses, observations=seen))
    return parts[0], parts[1]


def in_picture(one: Observation) -> tuple[int, int]:
    """From when to when."""
    told = dict(one.attributes)
    before, after = (float(str(told[name])) for name in ("in_view_before_s", "in_view_after_s"))
    return one.utc_ns - round(before * 1e9), one.utc_ns + round(after * 1e9)


def pairs_at_once(traverses: list[Traverse]) -> list[tuple[Observation, Observation]]:
    """All pairs of one category that one device had in its picture at one moment."""
    seen: dict[tuple[str, str], list[Observation]] = defaultdict(list)
    for way in traverses:
        for one in way.observations:
            seen[(way.device, one.category)].append(one)
    return [
        (one, other)
        for alike in seen.values()
        for one, other in combinations(alike, 2)
        if in_picture(one)[0] <= in_picture(other)[1] and in_picture(other)[0] <= in_picture(one)[1]
    ]


places = st.tuples(st.floats(20.0, 60.0), st.sampled_from([4.0, 5.0, 6.0]))
passes = st.lists(
    st.tuples(st.floats(-5.0, 5.0), st.floats(-5.0, 5.0), st.booleans(), st.booleans()), min_size=2, max_size=7
)


@settings(max_examples=60)
@given(
    things=st.lists(places, min_size=2, max_size=9),
    ways=passes,
    missed=st.sets(st.tuples(st.integers(0, 6), st.integers(0, 8)), max_size=20),
    seed=st.integers(0, 1000),
    shuffle=st.randoms(use_true_random=False),
)
def test_two_that_one_picture_showed_are_never_one_case(
    things: list[tuple[float, float]],
    ways: list[tuple[float, float, bool, bool]],
    missed: set[tuple[int, int]],
    seed: int,
    shuffle: object,
) -> None:
    """Crowded places without looks, and cases merged on hardly any evidence; in any order, some twice, some cut."""
    kinds = ("improper_parking", "overflowing_bin")
    street = [Thing(f"thing{k}", kinds[k % 2], *place) for k, place in enumerate(things)]
    traverses: list[Traverse] = []
    for number, (east, north, westwards, cut) in enumerate(ways):
        there = [thing for k, thing in enumerate(street) if (number, k) not in missed]
        way = drive(Pass(number, (east, north), noise_m=1.5, seed=seed, westwards=westwards), there)
        traverses += halves(way) if cut else (way,)
    arrivals = [*traverses, *traverses[::2]]
    shuffle.shuffle(arrivals)  # type: ignore[attr-defined]
    book = CaseBook(replace(PRIORS, merge_log_odds=-30.0))
    for way in arrivals:
        book.take(way)
    for one, other in pairs_at_once(traverses):
        assert book.case_of(str(one.id)) != book.case_of(str(other.id))


def test_a_traverse_that_comes_twice_changes_nothing() -> None:
    way = drive(Pass(0, (1.0, 0.0)), [Thing("heap", "litter", 30.0, 6.0)])
    book = CaseBook(PRIORS)
    book.take(way)
    before, links = dict(book.filed), dict(book.links)
    assert book.take(way) is None
    assert (book.filed, book.links) == (before, links)


def renamed(case: OpenCase, name: str) -> OpenCase:
    return replace(case, case_id=name, names=(f"seen {name}",))


def test_a_note_holds_through_merges_on_both_sides() -> None:
    """a and d were seen side by side; a goes on as b, d goes on as c: b and c are two as well."""
    a, b, c, d = (renamed(one, name) for one, name in ((NEW, "a"), (OLD, "b"), (OLD, "c"), (NEW, "d")))
    a, d = apart.never(a, d)
    first, second = folded(b, a), folded(c, d)
    assert (first.case_id, second.case_id) == ("b", "c")
    assert not apart.may_be_one(first, second)
    assert apart.may_be_one(b, c)


def test_an_old_state_is_meant_by_its_id_and_so_is_a_case_that_people_keep_apart() -> None:
    old = from_state({**to_state(OLD), "version": 3, "apart": ["b"]})
    assert (old.names, old.glances, old.known_as) == ((), (), ("a",))
    assert not apart.may_be_one(old, NEW)
    assert not apart.may_be_one(replace(NEW, apart=("a",)), replace(OLD, names=("seen a",)))


def test_the_name_of_an_observation_is_its_own_and_short() -> None:
    names = {apart.name_of(UUID(int=number)) for number in range(1000)}
    assert (len(names), {len(name) for name in names}) == (1000, {12})
    assert apart.name_of(UUID(int=7)) in names


def test_a_case_that_can_take_no_more_notes_is_not_merged() -> None:
    full = replace(OLD, apart=tuple(f"other {k}" for k in range(apart.MOST_NAMES)))
    assert apart.may_be_one(OLD, NEW)
    assert merges([full], [full, NEW], PRIORS, Memory()) == []


def test_two_that_one_device_saw_at_once_are_two_although_two_traverses_tell_of_them() -> None:
    moment = (Glance("car", 10, 20), Glance("car", 20, 30), Glance("drone", 15, 25))
    one, at_once, elsewhere = (replace(case, glances=(at,)) for case, at in zip((OLD, NEW, NEW), moment, strict=True))
    assert not apart.may_be_one(one, at_once)
    assert apart.may_be_one(one, elsewhere)


def test_a_state_keeps_names_and_glances_as_json() -> None:
    case = replace(OLD, names=("x", "y"), apart=("z",), glances=(Glance("car", 1, 2),))
    assert from_state(to_state(case)) == case


spans = st.tuples(st.integers(0, 30), st.integers(0, 4)).map(lambda told: (told[0], told[0] + told[1]))


@given(st.lists(st.lists(spans, min_size=1, max_size=3), max_size=6))
def test_things_are_two_that_were_in_the_picture_at_one_moment_in_any_of_their_pieces(things: list[list[Any]]) -> None:
    met = in_one_picture([sighted(*pieces) for pieces in things])
    for one, other in product(range(len(things)), repeat=2):
        shared = any(a <= d and c <= b for (a, b), (c, d) in product(things[one], things[other]))
        assert met[one, other] == (shared and one != other)


def sighted(*pieces: tuple[int, int]) -> Sighting:
    """A thing that was in the picture at these times."""
    round_1 = Ellipse(1.0, 0.0, 1.0)
    first, last = min(begin for begin, _ in pieces), max(end for _, end in pieces)
    return Sighting(
        "litter", (0,), round_1, round_1, (0.0, 0.0), (0.0, 0.0), (0.0, 0.0), (), None, 0.0, pieces, first, last, 0.0
    )
