"""A worker's figures as Prometheus reads them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from edge.care.health import Health, State

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


def exposition(health: Health) -> bytes:
    """All figures of one moment in Prometheus's text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures(health))
    return generate_latest(registry)


class _Figures:
    def __init__(self, health: Health) -> None:
        self._health = health

    def collect(self) -> Iterator[Metric]:
        health, pulse = self._health, self._health.pulse
        yield _gauge("good", "1 where /healthz answers 200.", float(health.good))
        yield _by("part_state", "0 good, 1 worth a look, 2 bad.", "part", {
            part.name: float(list(State).index(part.state)) for part in health.parts
        })  # fmt: skip
        frames = CounterMetricFamily(
            "steward_edge_frames", "Frames by what became of them.", labels=("stage", "reason")
        )
        frames.add_metric(("analysed", ""), pulse.analysed)
        for stage, counted in (("skipped", pulse.skipped), ("quarantined", pulse.quarantined)):
            for reason, count in sorted(counted.items()):
                frames.add_metric((stage, reason), count)
        yield frames
        rejected = CounterMetricFamily(
            "steward_edge_tracks_rejected", "Tracks that became nothing.", labels=("reason",)
        )
        for reason, count in sorted(pulse.rejected.items()):
            rejected.add_metric((reason,), count)
        yield rejected
        back = CounterMetricFamily("steward_edge_turned_back", "New models that had to go.", labels=("why",))
        for why, count in sorted(pulse.turned_back.items()):
            back.add_metric((why,), count)
        yield back
        if pulse.shadow_frames:
            yield _counter("shadow_frames", "Frames that a challenger looked at too.", pulse.shadow_frames)
            boxes = CounterMetricFamily(
                "steward_edge_shadow_boxes", "Boxes by who found them.", labels=("label", "found_by")
            )
            for key, count in sorted(pulse.shadow.items()):
                boxes.add_metric(key, count)
            yield boxes
        yield _counter("traverses", "Traverses recorded.", pulse.traverses)
        yield _counter("observations", "Observations made.", pulse.observations)
        yield _counter("pictures_withheld", "Pictures kept back: the privacy step did not run.", pulse.withheld)
        yield _gauge("up_seconds", "Since the worker started.", pulse.up_s)
        for name, words, value in (
            ("last_frame_age_seconds", "Since the last frame.", pulse.frame_age_s),
            ("last_upload_age_seconds", "Since the server took something.", pulse.upload_age_s),
            ("detector_seconds", "Median time of the detector for a frame.", pulse.detector_s),
            ("celsius", "The warmest sensor.", pulse.celsius),
            ("disk_free_bytes", "Free where the state lies.", health.free_bytes),
        ):
            if value is not None:
                yield _gauge(name, words, float(value))
        if health.counts is not None:
            yield _by("outbox_observations", "Observations in the outbox by state.", "state", {
                state: float(getattr(health.counts, state)) for state in ("made", "acknowledged", "waiting", "parked")
            })  # fmt: skip
            yield _by("outbox_parked_records", "Traverses that are parked, by reason.", "reason", {
                one.reason: float(one.records) for one in health.counts.reasons
            })  # fmt: skip
            yield _by("outbox_parked_pictures", "Pictures that are parked, by reason.", "reason", {
                one.reason: float(one.pictures) for one in health.counts.reasons
            })  # fmt: skip
            yield _gauge("outbox_items_waiting", "Traverses and pictures to send.", float(health.counts.items_waiting))
        models = GaugeMetricFamily("steward_edge_model", "1 for each model that runs.", labels=("name", "digest"))
        for name, digest in sorted(pulse.models.items()):
            models.add_metric((name, digest), 1.0)
        yield models


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(f"steward_edge_{name}", words, value=value)


def _counter(name: str, words: str, value: float) -> Metric:
    return CounterMetricFamily(f"steward_edge_{name}", words, value=value)


def _by(name: str, words: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(f"steward_edge_{name}", words, labels=(label,))
    for key, value in values.items():
        family.add_metric((key,), value)
    return family
