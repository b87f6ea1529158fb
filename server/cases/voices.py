"""How each kind of source is believed: what the server does at once on its word, and what a person decides first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from pipeline.observation import SourceKind


@dataclass(frozen=True, slots=True)
class Voice:
    """silenced: what the desk dismissed stays dismissed whatever this source says again; dispatches: a case on its word
    alone goes to a crew at once, else the desk looks first; vouches: a thing that must stay to be a problem need not be
    seen again, since whoever stood there has judged that."""

    silenced: bool
    dispatches: bool
    vouches: bool


MACHINE: Final = Voice(silenced=True, dispatches=True, vouches=False)
VOICES: Final[Mapping[SourceKind, Voice]] = MappingProxyType(
    {
        SourceKind.VEHICLE: MACHINE,
        SourceKind.DRONE: MACHINE,
        SourceKind.SENSOR: MACHINE,
        SourceKind.INSPECTOR: Voice(silenced=False, dispatches=True, vouches=True),
        SourceKind.CITIZEN: Voice(silenced=False, dispatches=False, vouches=False),
    }
)
