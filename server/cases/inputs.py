"""What enters the fold that makes cases: traverses, reports, people's steps, what time did. Immutable; all there is.

Another kind of source is a class here, a branch in `folding.fold`, and a call of `journal.entering` where it comes in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import Field, TypeAdapter

from pipeline.observation import SourceKind
from server.access.roles import Role
from server.cases.lifecycle import Event, Finding


@dataclass(frozen=True, slots=True)
class TraverseInput:
    """A traverse came in; its body as received lies in the table of traverses."""

    traverse_id: str
    device_id: str
    kind: Literal["traverse"] = "traverse"

    @property
    def subject_id(self) -> str:
        return self.traverse_id


@dataclass(frozen=True, slots=True)
class ReportInput:
    """A person or a sensor told of one place; kept as a traverse without a path, believed as its source is."""

    traverse_id: str
    device_id: str
    source: SourceKind
    kind: Literal["report"] = "report"

    @property
    def subject_id(self) -> str:
        return self.traverse_id


@dataclass(frozen=True, slots=True)
class EmptiedInput:
    """A sensor told that the bin that was full no longer is. The place is the register's at that time."""

    device_id: str
    bin_id: str
    utc_ns: int
    lat: float
    lon: float
    kind: Literal["emptied"] = "emptied"

    @property
    def subject_id(self) -> str:
        return self.device_id


@dataclass(frozen=True, slots=True)
class StepInput:
    """A person took a step with a case; who and why as in `casework.Step`."""

    case_id: str
    event: Event
    role: Role
    actor_id: str
    reason: str | None = None
    has_after_photo: bool = False
    finding: Finding | None = None
    kind: Literal["step"] = "step"

    @property
    def subject_id(self) -> str:
        return self.case_id


@dataclass(frozen=True, slots=True)
class LapseInput:
    """Watched cases of which nothing was heard in time ended; the first of them is the subject."""

    case_ids: tuple[str, ...]
    kind: Literal["lapse"] = "lapse"

    @property
    def subject_id(self) -> str:
        return self.case_ids[0]


@dataclass(frozen=True, slots=True)
class MergeInput:
    """A person said that the case `gone_id` is the same problem as `kept_id`."""

    mend_id: str
    kept_id: str
    gone_id: str
    role: Role
    actor_id: str
    reason: str | None = None
    kind: Literal["merge"] = "merge"

    @property
    def subject_id(self) -> str:
        return self.mend_id


@dataclass(frozen=True, slots=True)
class SplitInput:
    """A person said that these sightings of a case show another problem."""

    mend_id: str
    case_id: str
    observation_ids: tuple[str, ...]
    role: Role
    actor_id: str
    reason: str | None = None
    kind: Literal["split"] = "split"

    @property
    def subject_id(self) -> str:
        return self.mend_id


@dataclass(frozen=True, slots=True)
class UndoInput:
    """A person took back a merge or a split."""

    mend_id: str
    role: Role
    actor_id: str
    kind: Literal["undo"] = "undo"

    @property
    def subject_id(self) -> str:
        return self.mend_id


Input = TraverseInput | ReportInput | EmptiedInput | StepInput | LapseInput | MergeInput | SplitInput | UndoInput

INPUTS: Final[TypeAdapter[Input]] = TypeAdapter(Annotated[Input, Field(discriminator="kind")])
"""From and to the JSON that the journal keeps."""
