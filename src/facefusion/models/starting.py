"""Starts ONNX Runtime for a file on a device."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from facefusion.errors import ModelError, ModelInvalid, OutOfMemory
from facefusion.models.devices import Device, Engine, driver_version, engine_folder, provider_options, shape_range
from facefusion.models.graph_file import read_graph
from facefusion.models.home import user_folder
from facefusion.models.loading import why_not_loaded
from facefusion.models.memory import is_spent, limit_processor
from facefusion.models.providers import runtime_name
from facefusion.models.store import sha256_of

SMALL_BYTES = 32 * 1024 * 1024
_SILENT = 4
"""Errors come as exceptions; lines of the runtime's own beside them help nobody."""


def started(path: Path, device: Device, threads: int, number: int) -> tuple[Any, str]:
    """The runtime's session on card `number`; on the processor where no other provider starts, and why that was.

    Raises ModelInvalid when the processor does not take the file either, OutOfMemory when it has no room for it.
    """
    try:
        return start(path, device, threads, number), ""
    except ModelError as error:
        if device.providers == ("cpu",):
            raise
        return start(path, replace(device, providers=("cpu",), memory_bytes=0), threads, 0), str(error)


def start(path: Path, device: Device, threads: int, number: int) -> Any:
    """The runtime's session. Raises ModelInvalid and OutOfMemory."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = _SILENT
    # Planning the reuse of buffers takes 0.5 s for the 1371 small nodes of the face mesh and makes no run faster.
    options.enable_mem_reuse = path.stat().st_size > SMALL_BYTES
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # leave idle cores to others
    if device.memory_bytes and device.providers == ("cpu",):
        limit_processor(device.memory_bytes)
        options.add_session_config_entry("session.use_env_allocators", "1")
    engine = _engine(path, device) if "tensorrt" in device.providers else None
    names = [(runtime_name(name), dict(provider_options(name, number, device, engine))) for name in device.providers]
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=names)
    except Exception as error:  # ONNX Runtime has no error type of its own
        if is_spent(str(error)):
            raise OutOfMemory(f"{path.name}: {device.room}") from None
        raise ModelInvalid(why_not_loaded(path, str(error))) from error


def _engine(path: Path, device: Device) -> Engine:
    """What TensorRT compiles for a model, and where that is kept."""
    import onnxruntime

    graph = read_graph(path)
    shapes = shape_range([(one.name, one.shape) for one in graph.real_inputs()], device.batch)
    is_quantised = ("", "QuantizeLinear") in graph.operators
    folder = engine_folder(
        user_folder(),
        model_sha256=sha256_of(path),
        runtime=onnxruntime.__version__,
        driver=driver_version(),
        shapes=" ".join(shapes.values()) or "declared",
        precision=f"{device.precision}{' int8' if is_quantised else ''}",
    )
    folder.mkdir(parents=True, exist_ok=True)
    return Engine(folder, shapes, is_quantised)
