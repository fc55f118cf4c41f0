"""On which device a model runs: what each execution provider has to be told, and which models go elsewhere."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from facefusion.errors import UsageError
from facefusion.models.memory import GIGABYTE, LIMITED
from facefusion.models.providers import PROVIDERS, Provider, ProviderWarning, check_providers, not_kept

Options = Mapping[str, str]
_LAST_CARD = 63
_LOST = (
    "cuda failure", "cuda error", "cudnn failure", "cublas failure", "device-side assert", "device lost",
    "gpu has fallen off the bus", "dxgi_error_device", "device removed", "hip failure", "hip error", "miopen failure",
)  # fmt: skip
"""What ONNX Runtime's providers say when a device stops answering."""


Precision = Literal["fp32", "fp16"]
_LOWERS: tuple[Provider, ...] = ("tensorrt", "openvino", "migraphx")
"""The providers that compute a file of 32 bits in 16 when told so."""
MOST_PICTURES = 16
"""Of one run of a compiled engine where nobody asked for more: those of a picture drawn four times as fine."""


@dataclass(frozen=True, slots=True)
class Device:
    """Where and how models run.

    providers: in order of preference. numbers: of the cards that share the work, where there are several. batch:
    pictures of one run. memory_bytes: what a model may take of a card, or all of them of main memory; 0 for any.
    precision: what a provider computes in that has the choice.
    """

    providers: tuple[Provider, ...] = ("cpu",)
    numbers: tuple[int, ...] = (0,)
    batch: int = 1
    memory_bytes: int = 0
    precision: Precision = "fp32"

    @property
    def room(self) -> str:
        """That there is no room here, and what would work, for people."""
        where, limit = self.providers[0], f"{self.memory_bytes / GIGABYTE:g} GB (--execution-memory-limit)"
        ways = ["fewer --threads", *(["a smaller --execution-batch"] if self.batch > 1 else []), "a smaller model"]
        ways += ["a larger --execution-memory-limit"] if self.memory_bytes else []
        ways += ["--execution-provider cpu"] if where != "cpu" else []
        said = f"{limit} are too little on {where}" if self.memory_bytes else f"not enough memory on {where}"
        return f"{said}; use {', '.join(ways[:-1])} or {ways[-1]}"

    def not_kept(self) -> tuple[ProviderWarning, ...]:
        """What its first provider does not do of what is asked for."""
        first = self.providers[0]
        said = []
        if self.memory_bytes and first not in LIMITED:
            said.append(not_kept(first, "keeps no --execution-memory-limit"))
        if self.precision == "fp16" and first not in _LOWERS:
            said.append(
                not_kept(
                    first,
                    "computes as the file says, not in --execution-precision fp16; `facefusion models optimise NAME "
                    "--precision fp16` makes a file that says so",
                )
            )
        return tuple(said)


@dataclass(frozen=True, slots=True)
class Devices:
    """usual: where models run. own: where single models run instead, by name or task: providers and numbers count."""

    usual: Device = Device()
    own: Mapping[str, Device] = field(default_factory=dict)

    def of(self, name: str, task: str = "") -> Device:
        """The device of a model: by its name, else by its task, else the usual one."""
        own = self.own.get(name) or self.own.get(task)
        return self.usual if own is None else replace(self.usual, providers=own.providers, numbers=own.numbers)


@dataclass(frozen=True, slots=True)
class Engine:
    """What TensorRT compiles: where that is kept, the shapes it is for by option, and whether the file has 8 bits."""

    folder: Path
    shapes: Mapping[str, str]
    is_quantised: bool


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


def provider_options(
    provider: Provider, number: int, device: Device = Device(), engine: Engine | None = None
) -> Options:
    """What ONNX Runtime is told of card `number`. engine: of TensorRT."""
    card, limit = {"device_id": str(number)}, str(device.memory_bytes)
    if provider == "cuda":
        kept = {"gpu_mem_limit": limit} if device.memory_bytes else {}
        return {**card, "arena_extend_strategy": "kSameAsRequested", "cudnn_conv_algo_search": "HEURISTIC", **kept}
    if provider == "tensorrt":
        return {**card, **_tensorrt(device, engine)}
    if provider == "openvino":
        where = "CPU" if number == 0 else f"GPU.{number - 1}"
        return {"device_type": where} if number == 0 else {"device_type": where, "precision": device.precision.upper()}
    if provider == "migraphx":
        lower = {"migraphx_fp16_enable": "1"} if device.precision == "fp16" else {}
        return {**card, **lower, **({"migraphx_mem_limit": limit} if device.memory_bytes else {})}
    if provider == "rocm" and device.memory_bytes:
        return {**card, "gpu_mem_limit": limit}
    return {} if provider in ("cpu", "coreml") else card


def _tensorrt(device: Device, engine: Engine | None) -> Options:
    lower = {"trt_fp16_enable": "1"} if device.precision == "fp16" else {}
    kept = {"trt_max_workspace_size": str(device.memory_bytes)} if device.memory_bytes else {}
    if engine is None:
        return {**lower, **kept}
    quantised = {"trt_int8_enable": "1"} if engine.is_quantised else {}
    cached = {"trt_engine_cache_enable": "1", "trt_engine_cache_path": str(engine.folder)}
    return {**lower, **kept, **quantised, **cached, **engine.shapes}


def shape_range(inputs: Sequence[tuple[str, Sequence[int | str]]], batch: int) -> Options:
    """TensorRT's options for the shapes that will come, so that it compiles once; none where that is not known.

    Known are files that leave nothing free but the number of pictures.
    """
    if not all(shape and all(isinstance(length, int) for length in shape[1:]) for _, shape in inputs):
        return {}
    if all(isinstance(shape[0], int) for _, shape in inputs):
        return {}
    ends = {"min": 1, "opt": batch, "max": max(batch, MOST_PICTURES)}
    return {
        f"trt_profile_{end}_shapes": ",".join(
            f"{name}:{'x'.join(map(str, _sized(shape, n)))}" for name, shape in inputs
        )
        for end, n in ends.items()
    }


def _sized(shape: Sequence[int | str], number: int) -> list[int | str]:
    return [number if isinstance(shape[0], str) else shape[0], *shape[1:]]


def memory_of(providers: Sequence[Provider], number: int) -> tuple[str, int] | None:
    """The memory of card `number` by the runtime's name; None where tensors are best left in main memory."""
    return ("cuda", number) if providers[:1] in (("cuda",), ("tensorrt",)) else None


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
