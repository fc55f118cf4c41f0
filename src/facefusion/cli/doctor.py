"""`facefusion doctor`: what this machine has, what is missing, and what would provide it."""

from __future__ import annotations

import os
import platform
import sys
from typing import Any

import typer

from facefusion import __version__
from facefusion.cli.call import Call
from facefusion.cli.places import models_folder


def doctor(context: typer.Context) -> None:
    """Tell the providers, codecs and weights (with licence), and what is missing."""
    call = Call.of(context)
    findings = examine()
    if call.as_json:
        call.answer(findings)
        return
    for title, lines in findings.items():
        print(title)
        for name, text in lines.items():
            print(f"  {name}: {text}")


def examine() -> dict[str, dict[str, str]]:
    """Section → name → one line."""
    return {
        "machine": {
            "facefusion": __version__,
            "python": platform.python_version(),
            "system": platform.platform(),
            "processor cores": str(os.cpu_count()),
        },
        "execution providers": _providers(),
        "video encoders": _encoders(),
        "weights": _weights(),
        "packages": _packages(),
    }


def _providers() -> dict[str, str]:
    from facefusion.models import PROVIDERS, available_providers, choose_providers

    here = available_providers()
    lines: dict[str, str] = {}
    for name in PROVIDERS:
        if name in here:
            lines[name] = "present"
        else:
            _, warnings = choose_providers([name])
            lines[name] = "missing: " + "; ".join(str(warning) for warning in warnings)
    return lines


def _encoders() -> dict[str, str]:
    from facefusion.media import CODECS, encoder_present

    return {
        name: f"present ({codec.encoder})" if encoder_present(codec.encoder) else f"missing: no {codec.encoder} in PyAV"
        for name, codec in CODECS.items()
    }


def _weights() -> dict[str, str]:
    from facefusion.errors import ModelError
    from facefusion.models import ModelStore, cards

    store = ModelStore((models_folder(),))
    lines: dict[str, str] = {"models folder": str(models_folder())}
    missing = []
    for card in cards():
        if not store.has(card.name):
            missing.append(card.name)
            continue
        try:
            store.path(card.name)
            lines[card.name] = f"{'bundled' if card.bundled else 'present'}, {card.licence}"
        except ModelError as error:
            lines[card.name] = str(error)
    lines["known, not here"] = f"{len(missing)}; see facefusion models list"
    return lines


def _packages() -> dict[str, str]:
    from importlib import metadata

    names = ("numpy", "opencv-python-headless", "onnxruntime", "av", "numba", "pillow")
    lines: dict[str, Any] = {}
    for name in names:
        try:
            lines[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            lines[name] = f"missing: {sys.executable} -m pip install {name}"
    return lines
