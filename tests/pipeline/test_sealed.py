"""A seal: only its key opens it, and it says nothing to anybody else."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sealed import LARGEST_BYTES, NotOpened, SealedNote, key_name, open_note, seal_note

KEY = X25519PrivateKey.from_private_bytes(bytes(range(32)))
NOTE = SealedNote.model_construct(jpeg=b"\xff\xd8 pixels", text="津B6H920", trust=0.91)


def test_the_key_opens_what_was_sealed_to_it() -> None:
    assert open_note(seal_note(NOTE, KEY.public_key()), KEY) == NOTE


def test_another_key_opens_nothing() -> None:
    with pytest.raises(NotOpened):
        open_note(seal_note(NOTE, KEY.public_key()), X25519PrivateKey.from_private_bytes(b"\x07" * 32))


@given(st.data())
def test_a_seal_that_was_changed_anywhere_is_not_opened(data: st.DataObject) -> None:
    content = bytearray(seal_note(NOTE, KEY.public_key()))
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(NotOpened):
        open_note(bytes(content), KEY)


@pytest.mark.parametrize("content", [b"", b"x" * 40, b"x" * (LARGEST_BYTES + 1)])
def test_what_is_no_seal_is_not_opened(content: bytes) -> None:
    with pytest.raises(NotOpened):
        open_note(content, KEY)


def test_neither_the_text_nor_the_pixels_stand_in_the_seal() -> None:
    content = seal_note(NOTE, KEY.public_key())
    assert b"6H920" not in content
    assert b"pixels" not in content
    assert content != seal_note(NOTE, KEY.public_key())


def test_a_key_has_a_name() -> None:
    assert key_name(KEY.public_key()) == key_name(KEY.public_key())
    assert len(key_name(KEY.public_key())) == 16
