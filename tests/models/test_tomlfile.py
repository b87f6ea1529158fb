"""What is wrong with a TOML file is said in one sentence, as the exception that the reader's room asks for."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.tomlfile import read_toml
from pipeline.table import Table


class Wheel(Table):
    spokes: int


class Bicycle(Table):
    wheels: tuple[Wheel, ...]


class Refused(Exception):
    pass


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, ": there is no such file"),
        (b"wheels = [", ": not a TOML file: "),
        (b"wheels = '\xff'", ", byte 10: not a text file"),
        (b"wheels = " + b"[" * 9999, ": not a TOML file: "),
        (b"a." * 9999 + b"b = 1", ": not a TOML file: line 1 has a key of a hundred parts"),
        (b"\n[" + b"'a'. " * 9999 + b"b]", ": not a TOML file: line 2 has a key of a hundred parts"),
        (b"#" * (1 << 24) + b"\n", ": not a TOML file of ours: more than 16 MiB"),
        (b"wheels = " + b"9" * 9999, ": not a TOML file: "),
        (b"", ", field wheels: Field required"),
        (b"[[wheels]]\nspokes = 36\n[[wheels]]\nspokes = 'many'", ", field wheels.1.spokes: Input should be a valid"),
        (b"[[wheels]]\nspokes = 36\nspoeks = 1", ", field wheels.0.spoeks: Extra inputs are not permitted"),
    ],
)
def test_what_is_wrong_is_said_with_its_file_and_place(content: bytes | None, says: str, tmp_path: Path) -> None:
    path = tmp_path / "bicycle.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Refused) as refused:
        read_toml(path, Bicycle, Refused)
    assert str(refused.value).startswith(f"{path}{says}")


def test_a_file_that_fits_is_read(tmp_path: Path) -> None:
    path = tmp_path / "bicycle.toml"
    path.write_bytes(b"[[wheels]]\r\nspokes = 36\r\n")
    assert read_toml(path, Bicycle, Refused) == Bicycle(wheels=(Wheel(spokes=36),))
