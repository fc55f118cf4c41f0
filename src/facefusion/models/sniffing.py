"""Is a file an ONNX model that may be loaded? Nothing of it is executed to find out."""

from __future__ import annotations

from pathlib import Path

from facefusion.errors import ModelInvalid
from facefusion.models.graph_file import GraphFile, read_graph

_SMALLEST = 16
_OPENINGS: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "is a zip archive or a PyTorch checkpoint, not an ONNX model; {torch}"),
    (b"\x80\x02", "is a Python pickle, which can run anything when it is read; {torch}"),
    (b"\x80\x03", "is a Python pickle, which can run anything when it is read; {torch}"),
    (b"\x80\x04", "is a Python pickle, which can run anything when it is read; {torch}"),
    (b"\x80\x05", "is a Python pickle, which can run anything when it is read; {torch}"),
    (b"\x89HDF", "is an HDF5 file (Keras), not an ONNX model; convert it to ONNX"),
    (b"version https://git-lfs", "is a pointer of Git LFS, not the model itself; fetch it with `git lfs pull`"),
    (b"GGUF", "is a GGUF file, not an ONNX model"),
    (b"\x1f\x8b", "is a gzip archive; unpack it first"),
    (b"7z\xbc\xaf", "is a 7z archive; unpack it first"),
    (b"Rar!", "is a RAR archive; unpack it first"),
)
_TORCH = "torch checkpoints are converted by the tools of `pip install facefusion[train]` only"
_NEWEST_IR = 20


def check_opening(opening: bytes, *, content_type: str = "") -> None:
    """Raise ModelInvalid when the first bytes are those of something else."""
    for start, why in _OPENINGS:
        if opening.startswith(start):
            raise ModelInvalid(why.format(torch=_TORCH))
    if opening[4:8] == b"TFL3":
        raise ModelInvalid("is a TensorFlow Lite file, not an ONNX model; convert it to ONNX")
    text = opening[:512].lstrip().lower()
    if text.startswith((b"<!doctype", b"<html", b"<?xml", b"<head")) or content_type == "text/html":
        raise ModelInvalid("is a web page, not a model; the address asks for a login or is gone")
    if text.startswith((b"{", b"[")) and opening[:1] in b"{[":
        raise ModelInvalid("is a text (JSON), not a model")
    if opening[8:10] == b'{"' and int.from_bytes(opening[:8], "little") < 100_000_000:
        raise ModelInvalid("is a safetensors file: weights without the network; export it to ONNX")


def check_file(path: Path) -> GraphFile:
    """What the file holds. Raises ModelInvalid when it is no ONNX model or keeps its data elsewhere."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            opening = file.read(1024)
    except OSError as error:
        raise ModelInvalid(f"{path}: cannot be read ({error.strerror})") from None
    if size < _SMALLEST:
        raise ModelInvalid(f"{path.name}: is empty ({size} bytes); get it again")
    try:
        check_opening(opening)
    except ModelInvalid as error:
        raise ModelInvalid(f"{path.name}: {error}") from None
    graph = read_graph(path)
    _check_external(path, graph)
    if graph.ir_version > _NEWEST_IR:
        raise ModelInvalid(f"{path.name}: its format is version {graph.ir_version}, newer than any that is known")
    return graph


def _check_external(path: Path, graph: GraphFile) -> None:
    for name in sorted(graph.external):
        place = Path(name)
        if place.is_absolute() or ".." in place.parts or "\\" in name or ":" in name:
            raise ModelInvalid(f"{path.name}: wants data from {name!r}, outside of its folder, which is never read")
    if graph.external:
        raise ModelInvalid(
            f"{path.name}: keeps its data in another file ({sorted(graph.external)[0]}), which no hash of it covers; "
            "save it as one file"
        )
