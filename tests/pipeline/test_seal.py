"""A chain of seals shows every record that was taken out, changed, moved or put in, to anyone with the public key."""

from __future__ import annotations

import json
from dataclasses import replace
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from pipeline.seal import LONGEST, Flaw, Link, Seal, check, content_digest, next_seal, parse_key

KEY, OTHER = (Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in (1, 2))
PUBLIC = KEY.public_key()


def body(number: int, **changed: object) -> bytes:
    told = {"id": str(UUID(int=number)), "device": "car", "observations": [{"score": 0.1 * number}], **changed}
    return json.dumps(told).encode()


def chain(count: int, key: Ed25519PrivateKey = KEY) -> list[Link]:
    links: list[Link] = []
    for number in range(1, count + 1):
        last = links[-1].seal if links else None
        links.append(Link(next_seal(key, last, UUID(int=number), body(number)), body(number)))
    return links


def flaws(links: list[Link]) -> list[tuple[Flaw, int]]:
    return [(one.flaw, one.number) for one in check(links, PUBLIC)]


@given(st.permutations(chain(6)))
def test_a_whole_chain_is_whole_in_whatever_order_it_came(links: list[Link]) -> None:
    assert flaws(links) == []


@given(st.integers(0, 5), st.integers(2, 4))
def test_records_taken_out_are_missed_but_for_those_at_the_end(first: int, count: int) -> None:
    links = chain(10)
    del links[first : first + count]
    assert flaws(links) == [(Flaw.MISSING, first + 1)]


@given(st.integers(0, 4), st.sampled_from(["observations", "id", "poses"]))
def test_a_changed_record_shows(at: int, field: str) -> None:
    links = chain(5)
    links[at] = replace(links[at], body=body(at + 1, **{field: []}))
    assert flaws(links) == [(Flaw.CHANGED, at + 1)]


def test_the_device_is_written_in_later_and_spelling_is_no_change() -> None:
    told = json.loads(body(1)) | {"device": "0199d2c4"}
    respelt = json.dumps(dict(reversed(told.items())), indent=2).encode()
    assert content_digest(respelt) == content_digest(body(1))


def test_two_records_that_changed_places_show() -> None:
    links = chain(4)
    first, second = links[1], links[2]
    links[1], links[2] = replace(first, body=second.body), replace(second, body=first.body)
    assert flaws(links) == [(Flaw.CHANGED, 2), (Flaw.CHANGED, 3)]


def test_a_record_put_in_by_somebody_without_the_key_shows() -> None:
    links = chain(4)
    links.append(Link(next_seal(OTHER, links[-1].seal, UUID(int=5), body(5)), body(5)))
    assert flaws(links) == [(Flaw.FORGED, 5)]


def test_a_seal_that_is_written_anew_shows_even_with_a_stolen_number() -> None:
    links = chain(4)
    forged = next_seal(OTHER, links[0].seal, UUID(int=2), body(2, poses=[]))
    links[1] = Link(forged, body(2, poses=[]))
    assert flaws(links) == [(Flaw.FORGED, 2), (Flaw.UNLINKED, 3)]


def test_a_chain_that_was_begun_again_shows() -> None:
    again = Link(next_seal(KEY, None, UUID(int=9), body(9)), body(9))
    assert flaws([*chain(2), again]) == [(Flaw.TWICE, 1)]


def test_a_record_whose_traverse_is_gone_shows() -> None:
    links = chain(2)
    links[0] = replace(links[0], body=None)
    assert flaws(links) == [(Flaw.NO_BODY, 1)]


def test_a_seal_survives_its_text() -> None:
    one = chain(1)[0].seal
    assert Seal.parse(one.text) == one
    assert len(one.text) < LONGEST


@pytest.mark.parametrize("text", ["", "a.b", "....", "e30=.e30=", "x" * (LONGEST + 1), "é.é", "e30=.", "W10=.W10="])
def test_a_text_that_is_no_seal_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="seal"):
        Seal.parse(text)


@pytest.mark.parametrize("text", ["", "abc", "AAAA", "é"])
def test_a_key_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an Ed25519 public key"):
        parse_key(text)
