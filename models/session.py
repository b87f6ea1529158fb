"""Inference sessions: one model, ready to run on the best provider that there is (models/providers.py).

The ladder of providers is walked from the fastest down; a rung that the machine cannot climb is remembered with its
reason, never silently skipped.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import Final, Self

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from models.errors import ModelError
from models.head import Head, Whole
from models.pixels import from_pixels
from models.providers import LADDER, NVIDIA, RUNTIME_ERRORS, Precision, Provider, first_line, lacking, start
from models.sparse import Cut, Run, cut, heads

# Two runs of one session at once on CUDA gave other numbers, or none; those of two sessions are not tried enough.
ONE_AT_A_TIME: Final = Lock()
SHAPES_ON_A_CARD: Final = 4
"""A card's session plans anew, for 0.4 s and more, whenever the shape of its input is not that of the run before: so
each of the shapes of a model that came last has a session of its own, a quarter of a gigabyte of the card."""


@dataclass(frozen=True, slots=True)
class Rung:
    """A provider that was tried and did not work."""

    provider: Provider
    why: str


Shape = tuple[int, ...]
Blob = NDArray[np.float32] | NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Graph:
    """What a graph says of itself. shape, head: of its first input and output, the name of an axis that is free."""

    input: str
    shape: tuple[int | str | None, ...]
    output: str
    head: tuple[int | str | None, ...]
    metadata: dict[str, str]

    @classmethod
    def of(cls, session: ort.InferenceSession) -> Self:
        into, out = session.get_inputs()[0], session.get_outputs()[0]
        metadata = dict(session.get_modelmeta().custom_metadata_map)
        return cls(into.name, tuple(into.shape), out.name, tuple(out.shape), metadata)

    @classmethod
    def read(cls, graph: bytes) -> Self:
        """Without making it ready to run."""
        options = ort.SessionOptions()
        options.log_severity_level = 3
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
        return cls.of(ort.InferenceSession(graph, options, providers=[str(Provider.CPU)]))

    def free(self, shape: Shape) -> dict[str, int]:
        """How long the free axes are in an input of this shape, by name."""
        return {name: side for name, side in zip(self.shape, shape, strict=False) if isinstance(name, str)}

    def takes(self, shape: Shape) -> bool:
        """Whether an input of this shape can be run, by what is said here, and some of its axes are free."""
        free = self.free(shape)
        fitted = tuple(free.get(side, side) if isinstance(side, str) else side for side in self.shape)
        return bool(free) and fitted == shape


@dataclass(frozen=True, slots=True)
class Usual:
    """The shape of nearly every input. again: reads the graph once more, for when one of another shape comes."""

    shape: Shape
    again: Callable[[], bytes]


class Session:
    """One model, ready to run. `provider` is the rung it stands on, `refused` those above that failed.

    usual: what `first` was compiled for alone; any other input is run by a session for all shapes, opened when the
    first such input comes. So it is a matter of an input's shape by which of the two it is run, and what comes out.
    opened: opens a graph, its free axes as long as told, or any. apart: what `first` runs, where that is not the graph
    that `told` tells of but the same without its boxes, and what runs these. another: opens one more like `first`,
    where each shape is to have its own.
    takes_pixels: whether a blob is uint8 [n, H, W, 3] BGR, as pictures lie in memory, or float32 [n, 3, H, W] RGB in
    0..1.
    """

    def __init__(
        self,
        told: Graph,
        where: str,
        provider: Provider,
        refused: tuple[Rung, ...],
        first: ort.InferenceSession,
        opened: Callable[[bytes, Mapping[str, int]], ort.InferenceSession],
        usual: Usual | None = None,
        apart: tuple[Cut, Run] | None = None,
        takes_pixels: bool = False,
        another: Callable[[], ort.InferenceSession] | None = None,
    ) -> None:
        self.where = where
        self.provider = provider
        self.refused = refused
        self.takes_pixels = takes_pixels
        self._told = told
        self._usual = usual
        self._boxes = None if apart is None else apart[1]
        self._outputs = [told.output] if apart is None else list(apart[0].outputs)
        self._sessions = {None if usual is None else usual.shape: first}
        self._opened = opened
        self._another = another
        self._opens = Lock()
        self._turns = ONE_AT_A_TIME if provider in NVIDIA else nullcontext()
        self._ran = False

    @property
    def input_shape(self) -> tuple[int | None, ...]:
        """The shape the graph declares, None for a free axis."""
        return tuple(side if isinstance(side, int) else None for side in self._told.shape)

    @property
    def output_shape(self) -> tuple[int | None, ...]:
        """The shape of the first output, None for a free axis."""
        return tuple(side if isinstance(side, int) else None for side in self._told.head)

    @property
    def queues(self) -> bool:
        """Whether one more than run at a time may ask: it waits inside, and begins the moment another ends, even if who
        asked for that one has yet to wake up. OpenVINO runs all of them in threads of its own."""
        return self.provider is Provider.OPENVINO

    def metadata(self) -> dict[str, str]:
        """What the graph says of itself, by key."""
        return dict(self._told.metadata)

    def labels(self) -> tuple[str, ...] | None:
        """The label names in the graph's metadata, in order; None where it has none that can be read."""
        written = self.metadata().get("names")
        try:
            names = ast.literal_eval(written) if written is not None else None
        except (ValueError, SyntaxError):
            return None
        if isinstance(names, dict) and sorted(names) == list(range(len(names))):
            return tuple(str(names[index]) for index in range(len(names)))
        if isinstance(names, list | tuple):
            return tuple(str(name) for name in names)
        return None

    def run(self, blob: Blob) -> NDArray[np.float32]:
        """The first output of the graph for one input blob; raises ModelError where the run fails or gives no finite
        numbers."""
        if self._boxes is None:
            return self._run(blob)[0]
        every = [(head.scores, head.boxes(np.arange(head.scores.shape[1]))) for head in self.heads(blob)]
        return np.stack([np.concatenate([boxes.T, scores]) for scores, boxes in every])

    def heads(self, blob: Blob) -> list[Head]:
        """What a detector's graph says of each picture of a blob; raises ModelError as `run` does."""
        answer = self._run(blob)
        if self._boxes is None:
            return [Whole(rows) for rows in answer[0]]
        return [*heads(answer, blob.shape[2], self._boxes)]

    def _run(self, blob: Blob) -> list[NDArray[np.float32]]:
        count, *sides = blob.shape
        planes = (count, sides[2], sides[0], sides[1]) if self.takes_pixels else blob.shape
        shape = planes if self._usual is not None and planes == self._usual.shape else None
        try:
            with self._turns:
                session = self._session(shape) if self._another is None else self._session_of(planes, self._another)
                answer = [np.asarray(one, np.float32) for one in session.run(self._outputs, {self._told.input: blob})]
        except RUNTIME_ERRORS as error:
            raise ModelError(f"{self.where}: it failed on {self.provider}: {first_line(error)}") from error
        if not np.isfinite(answer[0]).all():  # scores, where they are not all: nothing else is made of other features
            raise ModelError(f"{self.where}: it gave numbers that are not finite on {self.provider}")
        self._ran = self._ran or shape is not None
        return answer

    def _session(self, shape: Shape | None) -> ort.InferenceSession:
        with self._opens:
            if shape not in self._sessions and self._usual is not None:
                if not self._ran:
                    self._sessions.clear()  # compiled for what does not come here
                try:
                    sides = {} if shape is None else self._told.free(shape)
                    self._sessions[shape] = self._opened(self._usual.again(), sides)
                except RUNTIME_ERRORS as error:
                    raise ModelError(f"{self.where}: it cannot be opened anew: {first_line(error)}") from error
            return self._sessions[shape]

    def _session_of(self, shape: Shape, another: Callable[[], ort.InferenceSession]) -> ort.InferenceSession:
        """For one thread at a time. The last of them is the last that ran; the first makes room."""
        found = self._sessions.pop(shape, None) or self._sessions.pop(None, None)
        if found is None:
            full = len(self._sessions) >= SHAPES_ON_A_CARD
            found = self._sessions.pop(next(iter(self._sessions))) if full else another()
        self._sessions[shape] = found
        return found


def open_session(
    graph: bytes,
    where: str,
    *,
    threads: int | None = None,
    at_a_time: int = 1,
    provider: Provider | None = None,
    precision: Precision = Precision.EXACT,
    usual: Usual | None = None,
    detects: bool = False,
) -> Session:
    """A session over a model's bytes on the best provider there is, or on the one that is asked for.

    where: the file's name for messages. threads: cores to use, None for all; at_a_time: how many threads may call `run`
    at one moment, to share those cores, and one more where it `queues`. The numbers that come out depend on neither.
    usual: OpenVINO takes a sixth less time over a shape that it was compiled for alone, with the same numbers in
    float32 and bfloat16 rounded elsewhere; it asks for a graph that leaves axes free. detects: who asks makes blobs as
    the session takes them and does not read the boxes of all anchors; the CPU provider takes a quarter less time where
    it works out none but those that are asked for, and OpenVINO and whoever feeds it a twentieth where it is fed
    pixels. Raises ModelError where no rung holds.
    """
    try:
        told = Graph.read(graph) if usual is not None or detects else None
    except RUNTIME_ERRORS as error:
        raise ModelError(f"{where}: onnxruntime cannot open it as a model ({first_line(error)})") from error
    wanted = LADDER if provider is None else (provider,)
    refused: list[Rung] = []
    for rung in wanted:
        if (why := lacking(rung)) is not None:
            refused.append(Rung(rung, why))
            continue
        fit = usual if rung is Provider.OPENVINO and usual and told and told.takes(usual.shape) else None
        apart = cut(graph) if rung is Provider.CPU and detects else None
        pixels = from_pixels(graph) if rung is Provider.OPENVINO and detects else None
        if fit is not None and pixels is not None:
            fit = Usual(fit.shape, partial(_read_for_pixels, fit.again))
        opened = partial(start, rung, threads, at_a_time, precision)
        try:
            session = opened(pixels or (apart.graph if apart else graph), told.free(fit.shape) if told and fit else {})
            boxes = None if apart is None else (apart, _beside(apart.branch))
        except RUNTIME_ERRORS as error:
            refused.append(Rung(rung, first_line(error)))
            continue
        if session.get_providers()[0] != rung:
            refused.append(Rung(rung, "onnxruntime fell back to another provider"))
            continue
        another = partial(opened, graph, {}) if rung in NVIDIA else None
        return Session(
            told or Graph.of(session),
            where,
            rung,
            tuple(refused),
            session,
            opened,
            fit,
            boxes,
            pixels is not None,
            another,
        )
    tried = "; ".join(f"{rung.provider}: {rung.why}" for rung in refused)
    raise ModelError(f"{where}: onnxruntime cannot open it as a model ({tried})")


def _read_for_pixels(again: Callable[[], bytes]) -> bytes:
    graph = again()
    return from_pixels(graph) or graph


def _beside(graph: bytes) -> Run:
    """Runs a small graph in the thread that asks: to share it with another would cost more."""
    return partial(start(Provider.CPU, 1, 1, Precision.EXACT, graph, {}).run, None)
