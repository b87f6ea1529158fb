"""Which examples the properties are tried on: always the same ones, unless somebody searches for new ones.

A suite must say the same on every machine, so how long an example takes is nobody's failure, and none is drawn by
chance. `python -m pytest --hypothesis-profile=search` draws others each time (or by `--hypothesis-seed`); what fails is
printed so that it can be tried again.
"""

from __future__ import annotations

from typing import Final

from hypothesis import HealthCheck, settings

ONE_FIXTURE: Final = (HealthCheck.too_slow, HealthCheck.function_scoped_fixture)
"""Checks to suppress where all examples may share one fixture."""


def choose_examples() -> None:
    """Set what every property goes by that says nothing else; before the first of them is imported."""
    settings.register_profile("search", deadline=None, print_blob=True, suppress_health_check=ONE_FIXTURE[:1])
    settings.register_profile("same", settings.get_profile("search"), derandomize=True)
    settings.load_profile("same")
