"""The options of `steward edge inspect`, in the words that its help shows."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from edge.bulk.options import EngineName
from pipeline.observation import SourceKind


class Carrier(StrEnum):
    """What footage is taken from: of all kinds of sources those with a camera and a track."""

    VEHICLE = SourceKind.VEHICLE
    DRONE = SourceKind.DRONE


Footage = Annotated[list[Path], typer.Argument(help="A video file, a photo, a folder of photos; or trees of them")]
OutFolder = Annotated[Path, typer.Option(help="Folder for the results; made here, and only when all went well")]
TelemetryFile = Annotated[
    Path | None, typer.Option(help="GPX, DJI SRT, NMEA, MAVLink [default: found beside or inside the footage]")
]
CameraFile = Annotated[Path | None, typer.Option(help="camera.toml: lens and mount")]
ZonesFile = Annotated[Path | None, typer.Option(help="GeoJSON of places where vehicles may not stand")]
BinsFile = Annotated[Path | None, typer.Option(help="GeoJSON of the city's bins")]
Distance = Annotated[
    float | None, typer.Option(help="Metres between analysed frames; 0: every frame [default: 3, photos 0]", min=0)
]
Closer = Annotated[
    float | None,
    typer.Option(help="The same while something is in sight that may be a problem [default: half of it]", min=0),
]
ClockOffset = Annotated[
    float | None,
    typer.Option(help="Seconds by which the camera's clock was ahead of the telemetry's [default: found by looking]"),
]
Kind = Annotated[Carrier | None, typer.Option(help="What carried the camera [default: drone with SRT, else vehicle]")]
ModelsFolder = Annotated[Path | None, typer.Option(help="Folder with cards/ and weights/ [default: as shipped]")]
EnforcementKey = Annotated[
    Path | None, typer.Option(help="PEM to which plates of reported vehicles are sealed [default: none is kept]")
]
Annotate = Annotated[bool, typer.Option(help="Make the annotated video or contact sheet")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the summary as JSON")]
Jobs = Annotated[int | None, typer.Option(help="Of a tree: pieces inspected at a time [default: one a core]", min=1)]
Engine = Annotated[EngineName | None, typer.Option(help="Of a tree: processes here, or Ray [default: process]")]
