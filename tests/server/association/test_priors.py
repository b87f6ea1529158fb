"""Every parameter of the engine has a value and a meaning."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.association.priors import Priors, default_priors


def text(root: Path) -> str:
    return (root / "server" / "association" / "priors.toml").read_text(encoding="utf-8")


def test_a_category_that_is_not_named_gets_the_default() -> None:
    assert default_priors().of("noise") == default_priors().of("default")
    assert default_priors().of("litter") != default_priors().of("default")


def test_a_parameter_without_a_meaning_is_refused(root: Path) -> None:
    bare = text(root).replace("[parameter.reach_m]\nvalue = 25.0\nmeaning", "[parameter.reach_m]\nvalue = 25.0\nsaid")
    with pytest.raises(ValueError, match=r"parameter\.reach_m\.meaning"):
        Priors.parse(bare)


def test_a_misspelt_parameter_is_named(root: Path) -> None:
    with pytest.raises(ValueError, match=r"missing \['reach_m'\], unknown \['reech_m'\]"):
        Priors.parse(text(root).replace("parameter.reach_m", "parameter.reech_m"))


def test_a_category_with_a_missing_column_is_named(root: Path) -> None:
    with pytest.raises(ValueError, match=r"category\.pothole"):
        Priors.parse(text(root).replace("refill = 0.05\n", ""))
