"""Inference sessions: the only module that knows onnxruntime.

The ladder of providers is walked from the fastest down; a rung that the machine cannot climb is remembered with its
reason, never silently skipped. OpenVINO comes as a plug-in of its own (the extra `openvino`), the others are part of
the onnxruntime that is installed.
"""

from __future__ import annotations

import ast
import ctypes
import json
from collections.abc import Callable
from contextlib import nullcontext, redirect_stdout
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, partial
from io import StringIO
from pathlib import Path
from threading import Lock
from typing import Final, Self

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as runtime

from models.cores import usable_cores
from models.errors import ModelError
from models.head import Head, Whole
from models.pixels import from_pixels
from models.sparse import Cut, Run, cut, heads


class Provider(StrEnum):
    """Where a model runs, fastest first."""

    TENSORRT = "TensorrtExecutionProvider"
    CUDA = "CUDAExecutionProvider"
    OPENVINO = "OpenVINOExecutionProvider"
    CPU = "CPUExecutionProvider"


LADDER = tuple(Provider)
NVIDIA: Final = {Provider.TENSORRT: "tensorrt", Provider.CUDA: "cuda"}
# TF32, which it takes by itself, moved scores by up to 0.017 and was no faster. To try every way to convolve took 2 s
# for each new shape, to choose by rule 0.3 s, and a picture then as long.
ON_CUDA: Final = {"use_tf32": "0", "cudnn_conv_algo_search": "HEURISTIC"}
# Two runs at once on CUDA gave other numbers, or none; a card does one after the other anyway.
ONE_AT_A_TIME: Final = Lock()


class Precision(StrEnum):
    """How a model may be computed. EXACT is float32 everywhere, what a card's figures were measured with; FAST lets
    OpenVINO use bfloat16, about twice as fast on processors with AMX and no gain on others; INT8 is a model's twin in
    8-bit integers, its float32 parts exact.
    """

    EXACT = "exact"
    FAST = "fast"
    INT8 = "int8"


CPUINFO: Final = Path("/proc/cpuinfo")


def has_bfloat16_tiles(cpuinfo: Path = CPUINFO) -> bool:
    """Has this processor bfloat16 matrix instructions (AMX)? False where the system does not say."""
    try:
        lines = cpuinfo.read_text("ascii", errors="replace").splitlines()
    except OSError:
        return False
    return any(line.startswith("flags") and "amx_bf16" in line.split() for line in lines)


# Its exceptions share no base of their own.
RUNTIME_ERRORS: tuple[type[Exception], ...] = (
    RuntimeError,
    ValueError,
    *(kind for kind in vars(runtime).values() if isinstance(kind, type) and issubclass(kind, Exception)),
)


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

    def takes(self, shape: Shape) -> bool:
        """Whether an input of this shape can be run, by what is said here, and some of its axes are free."""
        free = {name: side for name, side in zip(self.shape, shape, strict=False) if isinstance(name, str)}
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
    opened: opens the one or, for None, the other from a graph. apart: what `first` runs, where that is not the graph
    that `told` tells of but the same without its boxes, and what runs these.
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
        opened: Callable[[bytes, Shape | None], ort.InferenceSession],
        usual: Usual | None = None,
        apart: tuple[Cut, Run] | None = None,
        takes_pixels: bool = False,
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
        session = self._session(shape)
        try:
            with self._turns:
                answer = [np.asarray(one, np.float32) for one in session.run(self._outputs, {self._told.input: blob})]
        except RUNTIME_ERRORS as error:
            raise ModelError(f"{self.where}: it failed on {self.provider}: {_first_line(error)}") from error
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
                    self._sessions[shape] = self._opened(self._usual.again(), shape)
                except RUNTIME_ERRORS as error:
                    raise ModelError(f"{self.where}: it cannot be opened anew: {_first_line(error)}") from error
            return self._sessions[shape]


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
    at one moment, to share those cores. The numbers that come out depend on neither. usual: OpenVINO takes a sixth less
    time over a shape that it was compiled for alone, with the same numbers in float32 and bfloat16 rounded elsewhere;
    it asks for a graph that leaves axes free. detects: who asks makes blobs as the session takes them and does not read
    the boxes of all anchors; the CPU provider takes a quarter less time where it works out none but those that are
    asked for, and OpenVINO and whoever feeds it a twentieth where it is fed pixels. Raises ModelError where no rung
    holds.
    """
    try:
        told = Graph.read(graph) if usual is not None or detects else None
    except RUNTIME_ERRORS as error:
        raise ModelError(f"{where}: onnxruntime cannot open it as a model ({_first_line(error)})") from error
    wanted = LADDER if provider is None else (provider,)
    refused: list[Rung] = []
    for rung in wanted:
        if (lacking := _lacking(rung)) is not None:
            refused.append(Rung(rung, lacking))
            continue
        fit = usual if rung is Provider.OPENVINO and usual and told and told.takes(usual.shape) else None
        apart = cut(graph) if rung is Provider.CPU and detects else None
        pixels = from_pixels(graph) if rung is Provider.OPENVINO and detects else None
        if fit is not None and pixels is not None:
            fit = Usual(fit.shape, partial(_read_for_pixels, fit.again))
        opened = partial(_opened, told, rung, threads, at_a_time, precision)
        try:
            session = opened(pixels or (graph if apart is None else apart.graph), None if fit is None else fit.shape)
            boxes = None if apart is None else (apart, _beside(apart.branch))
        except RUNTIME_ERRORS as error:
            refused.append(Rung(rung, _first_line(error)))
            continue
        if session.get_providers()[0] != rung:
            refused.append(Rung(rung, "onnxruntime fell back to another provider"))
            continue
        return Session(
            told or Graph.of(session), where, rung, tuple(refused), session, opened, fit, boxes, pixels is not None
        )
    tried = "; ".join(f"{rung.provider}: {rung.why}" for rung in refused)
    raise ModelError(f"{where}: onnxruntime cannot open it as a model ({tried})")


def _opened(
    told: Graph | None,
    provider: Provider,
    threads: int | None,
    at_a_time: int,
    precision: Precision,
    graph: bytes,
    shape: Shape | None,
) -> ort.InferenceSession:
    """For inputs of any shape, or of one alone."""
    options = _session_options(provider, threads, at_a_time, precision)
    if told is not None and shape is not None:
        for name, side in zip(told.shape, shape, strict=True):
            if isinstance(name, str):
                options.add_free_dimension_override_by_name(name, side)
    asked = None if options.has_providers() else [(str(provider), ON_CUDA if provider is Provider.CUDA else {})]
    # By itself it would say on standard output that it tries another provider, and the reason would be lost.
    return _light(ort.InferenceSession(graph, options, providers=asked, enable_fallback=False))


def _read_for_pixels(again: Callable[[], bytes]) -> bytes:
    graph = again()
    return from_pixels(graph) or graph


def _beside(graph: bytes) -> Run:
    """Runs a small graph in the thread that asks: to share it with another would cost more."""
    options = _session_options(Provider.CPU, 1, 1, Precision.EXACT)
    return partial(_light(ort.InferenceSession(graph, options, providers=[str(Provider.CPU)])).run, None)


def _light(session: ort.InferenceSession) -> ort.InferenceSession:
    """It holds its file for as long as it lives, to be opened anew on another provider: 10 MB a model for nothing."""
    session._model_bytes = b""
    return session


def _session_options(
    provider: Provider, threads: int | None, at_a_time: int, precision: Precision
) -> ort.SessionOptions:
    options = ort.SessionOptions()
    options.log_severity_level = 3
    # A thread that waits by spinning takes the core from whoever decodes the next frame: without it the CPU provider
    # used 68 ms of processor time a frame instead of 105 on two busy cores, for the same numbers.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if threads is not None or at_a_time > 1:
        # Every caller's own thread works too, beside those of the session.
        options.intra_op_num_threads = max(1, (threads or usable_cores()) // at_a_time)
    if provider is Provider.OPENVINO:
        # OpenVINO fuses better on the graph as it was exported.
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
        told = {"load_config": json.dumps({"CPU": _openvino(threads, at_a_time, precision)})}
        options.add_provider_for_devices([_openvino_cpu()], told)
    return options


def _openvino(threads: int | None, at_a_time: int, precision: Precision) -> dict[str, str]:
    """What OpenVINO is told, in its own words."""
    config = {"INFERENCE_PRECISION_HINT": "bf16" if precision is Precision.FAST else "f32"}
    if threads is not None:
        config["INFERENCE_NUM_THREADS"] = str(threads)
    if at_a_time > 1:
        config["NUM_STREAMS"] = str(at_a_time)
    return config


def _lacking(provider: Provider) -> str | None:
    """What a provider wants that is not there; None where it can be tried."""
    if provider is not Provider.OPENVINO:
        if provider not in ort.get_available_providers():
            return "this onnxruntime was built without it"
        return _lacking_library(NVIDIA[provider]) if provider in NVIDIA else None
    try:
        return None if _openvino_cpu() else "its plug-in finds no processor that it knows"
    except RUNTIME_ERRORS as error:
        return f"its plug-in cannot be loaded: {_first_line(error)}"
    except ImportError:
        return "its plug-in is not installed: pip install 'citysteward[openvino]'"


@cache
def _openvino_cpu() -> ort.OrtEpDevice | None:
    """The processor, as the plug-in sees it, which is loaded once a process."""
    import onnxruntime_ep_openvino as plugin

    ort.register_execution_provider_library(plugin.get_ep_name(), plugin.get_library_path())
    here = (one for one in ort.get_ep_devices() if one.ep_name == Provider.OPENVINO)
    return next((one for one in here if one.device.type == ort.OrtHardwareDeviceType.CPU), None)


@cache
def _lacking_library(name: str) -> str | None:
    """Which of NVIDIA's libraries a provider wants and the system does not find; None where it can be loaded.

    Libraries that came by pip lie where the system does not look: onnxruntime loads them when asked to. Tried here
    first, since onnxruntime writes its reason on the standard streams and opens without the provider.
    """
    with redirect_stdout(StringIO()):
        ort.preload_dlls()
    library = Path(ort.__file__).parent / "capi" / f"libonnxruntime_providers_{name}.so"
    try:
        ctypes.CDLL(str(library))
    except OSError as error:
        return str(error)
    return None


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
