"""Execution providers by our names, and what to install for those that are not there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast, get_args

from facefusion.errors import UsageError

Provider = Literal["cpu", "cuda", "tensorrt", "directml", "coreml", "openvino", "rocm", "migraphx"]
PROVIDERS: tuple[Provider, ...] = get_args(Provider)

_RUNTIME_NAMES: dict[Provider, str] = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
    "directml": "DmlExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
    "rocm": "ROCMExecutionProvider",
    "migraphx": "MIGraphXExecutionProvider",
}
_NEEDS: dict[Provider, tuple[str, str]] = {
    "cpu": ("onnxruntime", "any machine"),
    "cuda": ("onnxruntime-gpu", "an NVIDIA driver with CUDA 12 and cuDNN 9"),
    "tensorrt": ("onnxruntime-gpu", "an NVIDIA driver with CUDA 12 and TensorRT 10"),
    "directml": ("onnxruntime-directml", "Windows 10 or newer"),
    "coreml": ("onnxruntime", "macOS"),
    "openvino": ("onnxruntime-openvino", "an Intel processor or graphics card"),
    "rocm": ("onnxruntime-rocm", "an AMD card with ROCm 6"),
    "migraphx": ("onnxruntime-migraphx", "an AMD card with ROCm 6 and MIGraphX"),
}


@dataclass(frozen=True, slots=True)
class ProviderWarning:
    """A provider that was asked for and is not used, the pip package that holds it, and one line about it."""

    provider: Provider
    package: str
    text: str

    def __str__(self) -> str:
        return self.text


def check_providers(names: Sequence[str]) -> tuple[Provider, ...]:
    """The names as they came. Raises UsageError for an unknown one."""
    for name in names:
        if name not in PROVIDERS:
            raise UsageError(f"unknown execution provider {name!r}; known are {', '.join(PROVIDERS)}")
    return cast(tuple[Provider, ...], tuple(names))


def available_providers() -> tuple[Provider, ...]:
    """The providers that the installed ONNX Runtime holds, in our order."""
    import onnxruntime

    held = onnxruntime.get_available_providers()
    return tuple(name for name in PROVIDERS if _RUNTIME_NAMES[name] in held)


def choose_providers(names: Sequence[str]) -> tuple[tuple[Provider, ...], tuple[ProviderWarning, ...]]:
    """The usable ones of `names` in their order, ending with cpu, and a warning for each other one.

    What TensorRT does not compile of a model is CUDA's, where that is there.
    Raises UsageError for an unknown name.
    """
    asked = check_providers(names)
    held = available_providers()
    usable: list[Provider] = [*(name for name in asked if name in held), "cpu"]
    if "tensorrt" in usable and "cuda" in held and "cuda" not in usable:
        usable.insert(usable.index("tensorrt") + 1, "cuda")
    missing = tuple(_not_installed(name, held) for name in dict.fromkeys(asked) if name not in held)
    return tuple(dict.fromkeys(usable)), missing


def did_not_start(name: Provider, why: str = "") -> ProviderWarning:
    """The warning for a provider that is installed and yet did not take the model. why: what it said."""
    package, machine = _NEEDS[name]
    said = f" ({why})" if why else ""
    text = f"execution provider {name} is installed ({package}) but did not start{said}: it needs {machine}; using cpu"
    return ProviderWarning(name, package, text)


def card_did_not_start(name: Provider, number: int, why: str = "") -> ProviderWarning:
    """The warning for one of several cards that did not take the model, while others did. why: what it said."""
    said = f" ({why})" if why else ""
    return ProviderWarning(name, _NEEDS[name][0], f"card {number} of {name} did not start{said}; the others serve")


def not_kept(name: Provider, what: str) -> ProviderWarning:
    """The warning for something that was asked of a provider and that it does not do."""
    return ProviderWarning(name, _NEEDS[name][0], f"execution provider {name} {what}")


def runtime_name(name: Provider) -> str:
    """What ONNX Runtime calls the provider."""
    return _RUNTIME_NAMES[name]


def provider_named(runtime: str) -> Provider | None:
    """Our name for a provider of ONNX Runtime, None for one that we do not offer."""
    return next((name for name, value in _RUNTIME_NAMES.items() if value == runtime), None)


def _not_installed(name: Provider, held: tuple[Provider, ...]) -> ProviderWarning:
    package, machine = _NEEDS[name]
    text = (
        f"execution provider {name} is not available (this machine offers {', '.join(held)}): "
        f"`pip install {package}` provides it and it needs {machine}"
    )
    return ProviderWarning(name, package, text)
