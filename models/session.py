"""Inference sessions: the only module that knows onnxruntime.

The ladder of providers is walked from the fastest down; a rung that the machine cannot climb is remembered with its
reason, never silently skipped.
"""

from __future__ import annotations

import ast
import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as runtime

from models.cores import usable_cores
from models.errors import ModelError


class Provider(StrEnum):
    """Where a model runs, fastest first."""

    TENSORRT = "TensorrtExecutionProvider"
    CUDA = "CUDAExecutionProvider"
    OPENVINO = "OpenVINOExecutionProvider"
    CPU = "CPUExecutionProvider"


LADDER = tuple(Provider)


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


class Session:
    """One model, ready to run. `provider` is the rung it stands on, `refused` those above that failed."""

    def __init__(
        self, session: ort.InferenceSession, where: str, provider: Provider, refused: tuple[Rung, ...]
    ) -> None:
        self.where = where
        self.provider = provider
        self.refused = refused
        self._session = session
        self._input = session.get_inputs()[0].name
        self._outputs = [session.get_outputs()[0].name]

    @property
    def input_shape(self) -> tuple[int | None, ...]:
        """The shape the graph declares, None for a free axis."""
        return tuple(side if isinstance(side, int) else None for side in self._session.get_inputs()[0].shape)

    @property
    def output_shape(self) -> tuple[int | None, ...]:
        """The shape of the first output, None for a free axis."""
        return tuple(side if isinstance(side, int) else None for side in self._session.get_outputs()[0].shape)

    def metadata(self) -> dict[str, str]:
        """What the graph says of itself, by key."""
        return dict(self._session.get_modelmeta().custom_metadata_map)

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

    def run(self, blob: NDArray[np.float32]) -> NDArray[np.float32]:
        """The first output for one input blob; raises ModelError where the run fails or gives no finite numbers."""
        try:
            head = np.asarray(self._session.run(self._outputs, {self._input: blob})[0], np.float32)
        except RUNTIME_ERRORS as error:
            raise ModelError(f"{self.where}: it failed on {self.provider}: {_first_line(error)}") from error
        if not np.isfinite(head).all():
            raise ModelError(f"{self.where}: it gave numbers that are not finite on {self.provider}")
        return head


def open_session(
    graph: bytes,
    where: str,
    *,
    threads: int | None = None,
    at_a_time: int = 1,
    provider: Provider | None = None,
    precision: Precision = Precision.EXACT,
) -> Session:
    """A session over a model's bytes on the best provider there is, or on the one that is asked for.

    where: the file's name for messages. threads: cores to use, None for all; at_a_time: how many threads may call `run`
    at one moment, to share those cores. The numbers that come out depend on neither. Raises ModelError where no rung
    holds.
    """
    present = set(ort.get_available_providers())
    wanted = LADDER if provider is None else (provider,)
    refused: list[Rung] = []
    for rung in wanted:
        if rung not in present:
            refused.append(Rung(rung, "this onnxruntime was built without it"))
            continue
        try:
            session = ort.InferenceSession(
                graph,
                _session_options(rung, threads, at_a_time),
                providers=[(str(rung), _provider_options(rung, threads, at_a_time, precision))],
            )
        except RUNTIME_ERRORS as error:
            refused.append(Rung(rung, _first_line(error)))
            continue
        if session.get_providers()[0] != rung:
            refused.append(Rung(rung, "onnxruntime fell back to another provider"))
            continue
        return Session(session, where, rung, tuple(refused))
    tried = "; ".join(f"{rung.provider}: {rung.why}" for rung in refused)
    raise ModelError(f"{where}: onnxruntime cannot open it as a model ({tried})")


def _session_options(provider: Provider, threads: int | None, at_a_time: int) -> ort.SessionOptions:
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
    return options


def _provider_options(provider: Provider, threads: int | None, at_a_time: int, precision: Precision) -> dict[str, Any]:
    if provider is not Provider.OPENVINO:
        return {}
    hint = "bf16" if precision is Precision.FAST else "f32"
    options = {"device_type": "CPU", "load_config": json.dumps({"CPU": {"INFERENCE_PRECISION_HINT": hint}})}
    if threads is not None:
        options["num_of_threads"] = str(threads)
    if at_a_time > 1:
        options["num_streams"] = str(at_a_time)
    return options


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
