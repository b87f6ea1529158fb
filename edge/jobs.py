"""What a vehicle's configuration asks of its footage and its cameras."""

from __future__ import annotations

from edge.assemble import Job
from edge.config import EdgeConfig, LiveTable, SourceTable
from pipeline.observation import SourceKind


def job_of(config: EdgeConfig, one: SourceTable | LiveTable) -> Job:
    """What is to be done with one of its sources, or through one of its cameras."""
    recorded, enforcement = one if isinstance(one, SourceTable) else None, config.enforcement
    return Job(
        footage=None if recorded is None else recorded.path,
        telemetry=None if recorded is None else recorded.telemetry,
        camera=one.camera,
        zones=one.zones,
        bins=one.bins,
        device=config.device.name,
        kind=SourceKind(config.device.kind),
        distance_m=config.sampling.distance_m,
        closer_m=config.sampling.closer_m,
        clock_offset_s=None if recorded is None else recorded.clock_offset_s,
        enforcement_key=None if enforcement is None else enforcement.public_key,
        plate_salt=None if enforcement is None else enforcement.salt,
    )
