"""Where a model can run, and how a graph is opened there: with `session`, the only modules that know onnxruntime.

OpenVINO comes as a plug-in of its own (the extra `openvino`), the other providers are part of the onnxruntime that is
installed.
"""

from __future__ import annotations

import ctypes
import json
from collections.abc import Mapping
from contextlib import redirect_stdout
from enum import StrEnum
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Final

import onnxruntime as ort
from onnxruntime.capi import onnxruntime_pybind11_state as runtime

from models.cores import usable_cores


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


def lacking(provider: Provider) -> str | None:
    """What a provider wants that is not there; None where it can be tried."""
    if provider is not Provider.OPENVINO:
        if provider not in ort.get_available_providers():
            return "this onnxruntime was built without it"
        return _lacking_library(NVIDIA[provider]) if provider in NVIDIA else None
    try:
        return None if _openvino_cpu() else "its plug-in finds no processor that it knows"
    except RUNTIME_ERRORS as error:
        return f"its plug-in cannot be loaded: {first_line(error)}"
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


def start(
    provider: Provider,
    threads: int | None,
    at_a_time: int,
    precision: Precision,
    graph: bytes,
    sides: Mapping[str, int],
) -> ort.InferenceSession:
    """A graph, ready to run on a provider that lacks nothing; raises RUNTIME_ERRORS.

    threads, at_a_time: as `open_session` takes them. sides: of free axes by name, where it is for no other inputs.
    """
    options = _session_options(provider, threads, at_a_time, precision)
    for axis, side in sides.items():
        options.add_free_dimension_override_by_name(axis, side)
    asked = None if options.has_providers() else [(str(provider), ON_CUDA if provider is Provider.CUDA else {})]
    # By itself it would say on standard output that it tries another provider, and the reason would be lost.
    session = ort.InferenceSession(graph, options, providers=asked, enable_fallback=False)
    session._model_bytes = b""  # held for as long as it lives, to be opened anew on another provider: 10 MB for nothing
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


def first_line(error: Exception) -> str:
    """What onnxruntime says, as one line."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
