"""The enforcement makes its key and opens plates with it; a wrong key or passphrase opens nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from typer.testing import CliRunner

from pipeline.sealed import SealedNote, seal_note
from server.access.enforcement import make_key, open_plate
from server.cli import app
from server.errors import SetupError

PASSPHRASE = "six words that nobody would guess"
NOTE = SealedNote.model_construct(jpeg=b"\xff\xd8\xff pixels", text="津B6H920", trust=0.93)


def _sealed(folder: Path, public: Path, note: SealedNote = NOTE) -> Path:
    key = load_pem_public_key(public.read_bytes())
    assert isinstance(key, X25519PublicKey)
    path = folder / "plate.sealed"
    path.write_bytes(seal_note(note, key))
    return path


def test_the_commands_make_a_key_and_open_a_plate_with_it(tmp_path: Path) -> None:
    cli, env = CliRunner(), {"STEWARD_ENFORCEMENT_PASSPHRASE": PASSPHRASE}
    made = cli.invoke(app, ["enforcement-key", "--out", str(tmp_path / "keys"), "--json"], env=env)
    assert made.exit_code == 0
    told = json.loads(made.output)
    assert Path(told["private"]).stat().st_mode & 0o077 == 0
    sealed, out = _sealed(tmp_path, Path(told["public"])), tmp_path / "plate.jpg"
    arguments = ["open-plate", str(sealed), "--key", told["private"], "--out", str(out), "--json"]
    opened = cli.invoke(app, arguments, env=env)
    assert json.loads(opened.output) == {"text": "津B6H920", "trust": 0.93, "picture": str(out)}
    assert out.read_bytes() == NOTE.jpeg
    assert cli.invoke(app, arguments, env=env).exit_code == 2  # what is there is not written over


def test_another_key_or_passphrase_opens_nothing(tmp_path: Path) -> None:
    mine, other = make_key(tmp_path / "a", PASSPHRASE), make_key(tmp_path / "b", PASSPHRASE)
    sealed = _sealed(tmp_path, mine.public)
    assert open_plate(sealed, mine.private, PASSPHRASE) == NOTE
    with pytest.raises(SetupError, match="not sealed to this key"):
        open_plate(sealed, other.private, PASSPHRASE)
    with pytest.raises(SetupError, match="the passphrase does not open it"):
        open_plate(sealed, mine.private, "another passphrase")


def test_a_key_is_never_written_over_and_never_weakly_kept(tmp_path: Path) -> None:
    make_key(tmp_path, PASSPHRASE)
    with pytest.raises(SetupError, match="is there already"):
        make_key(tmp_path, PASSPHRASE)
    with pytest.raises(SetupError, match="at least 16"):
        make_key(tmp_path / "c", "short")


def test_a_plate_whose_text_cannot_be_printed_is_refused(tmp_path: Path) -> None:
    made = make_key(tmp_path, PASSPHRASE)
    escaping = SealedNote.model_construct(jpeg=NOTE.jpeg, text="\x1b[2J", trust=0.9)
    with pytest.raises(SetupError, match="says what no vehicle of ours does"):
        open_plate(_sealed(tmp_path, made.public, escaping), made.private, PASSPHRASE)
