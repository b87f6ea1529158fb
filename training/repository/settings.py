"""How many keys sign each role, how many must, and for how long: a TOML file, copied into the repository."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from pipeline.table import Table


class RoleName(StrEnum):
    """TUF's four roles, the one that vouches for the others first."""

    ROOT = "root"
    TARGETS = "targets"
    SNAPSHOT = "snapshot"
    TIMESTAMP = "timestamp"


class RoleSettings(Table):
    """keys: how many `init` makes; threshold: how many of them must sign; days: how long a signature is good."""

    keys: Annotated[int, Field(ge=1, le=20)]
    threshold: Annotated[int, Field(ge=1)]
    days: Annotated[int, Field(ge=1, le=3660)]

    @model_validator(mode="after")
    def _enough_keys(self) -> Self:
        if self.threshold > self.keys:
            raise ValueError(f"threshold {self.threshold} is more than the {self.keys} keys there are")
        return self


class RepositorySettings(Table):
    """One table a role."""

    root: RoleSettings
    targets: RoleSettings
    snapshot: RoleSettings
    timestamp: RoleSettings

    def of(self, role: RoleName) -> RoleSettings:
        """A role's own table."""
        found: RoleSettings = getattr(self, role.value)
        return found

    def lasts(self, role: RoleName) -> timedelta:
        """How long a signature of the role is good."""
        return timedelta(days=self.of(role).days)
