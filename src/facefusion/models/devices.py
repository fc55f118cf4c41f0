"""On which device a model runs: what each execution provider has to be told, and which models go elsewhere."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from facefusion.errors import UsageError
from facefusion.models.providers import PROVIDERS, Provider, check_providers

Options = Mapping[str, str]
_LAST_CARD = 63
_LOST = (
    "cuda failure", "cuda error", "cudnn failure", "cublas failure", "device-side assert", "device lost",
    "gpu has fallen off the bus", "dxgi_error_device", "device removed", "hip failure", "hip error", "miopen failure",
)  # fmt: skip
"""What ONNX Runtime's providers say when a device stops answering."""


@dataclass(frozen=True, slots=True)
class Device:
    """providers: in order of preference. numbers: of the cards that share the work, where there are several."""

    providers: tuple[Provider, ...] = ("cpu",)
    numbers: tuple[int, ...] = (0,)


@dataclass(frozen=True, slots=True)
class Devices:
    """usual: where models run. own: where single models run instead, by name or task."""

    usual: Device = Device()
    own: Mapping[str, Device] = field(default_factory=dict)

    def of(self, name: str, task: str = "") -> Device:
        """The device of a model: by its name, else by its task, else the usual one."""
        return self.own.get(name) or self.own.get(task) or self.usual


def parse_numbers(text: str) -> tuple[int, ...]:
    """`1` or `0+1` as numbers of cards. Raises UsageError."""
    words = text.strip().split("+")
    if not all(word.isascii() and word.isdecimal() and int(word) <= _LAST_CARD for word in words):
        raise UsageError(f"execution-device: got {text!r}, supported are the numbers of cards, like 1 or 0+1")
    return tuple(dict.fromkeys(int(word) for word in words))


def parse_overrides(texts: Sequence[str]) -> dict[str, Device]:
    """`inswapper_128=cuda:1` or `face_enhancer=cpu` as devices. Raises UsageError naming what is supported."""
    found: dict[str, Device] = {}
    for text in texts:
        name, _, where = text.partition("=")
        provider, _, cards = where.partition(":")
        try:
            numbers = parse_numbers(cards or "0")
        except UsageError:
            numbers = ()
        if not name.strip() or not provider or not numbers:
            raise UsageError(
                f"model-provider: got {text!r}, supported is MODEL=PROVIDER[:NUMBER], like inswapper_128=cuda:1 or "
                f"face_enhancer=cuda:0+1; providers are {', '.join(PROVIDERS)}"
            )
        found[name.strip()] = Device(check_providers([provider.strip()]), numbers)
    return found


def provider_options(provider: Provider, number: int, *, engines: Path | None = None) -> Options:
    """What ONNX Runtime is told. engines: the folder of compiled TensorRT engines, see `engine_folder`."""
    card = {"device_id": str(number)}
    if provider == "cuda":
        return {**card, "arena_extend_strategy": "kSameAsRequested", "cudnn_conv_algo_search": "HEURISTIC"}
    if provider == "tensorrt":
        cached = {} if engines is None else {"trt_engine_cache_enable": "1", "trt_engine_cache_path": str(engines)}
        return {**card, "trt_fp16_enable": "1", **cached}
    if provider == "openvino":
        return {"device_type": "CPU" if number == 0 else f"GPU.{number - 1}"}
    return {} if provider in ("cpu", "coreml") else card


def engine_folder(root: Path, *, model_sha256: str, runtime: str, driver: str, shapes: str, precision: str) -> Path:
    """Where the engine of one model lies: another for every driver, runtime, range of shapes and precision, since an
    engine of one does not work, or works wrongly, with another."""
    words = "\0".join((model_sha256, runtime, driver, shapes, precision))
    return root / "tensorrt" / hashlib.sha256(words.encode()).hexdigest()[:24]


def is_lost(said: str) -> bool:
    """Whether what a runtime said means that the device is gone, and not that the model or its input is wrong."""
    words = said.lower()
    return any(sign in words for sign in _LOST)


def driver_version() -> str:
    """Of the NVIDIA driver, from the kernel; "none" where there is none."""
    place = Path("/proc/driver/nvidia/version")
    try:
        words = place.read_text(encoding="utf-8", errors="replace").split()
    except OSError:
        return "none"
    return next((word for word in words if word[:1].isdigit() and "." in word), "unknown")
