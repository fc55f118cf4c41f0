"""Why ONNX Runtime does not load or run a file, in words that say what would work."""

from __future__ import annotations

import re
from pathlib import Path

from facefusion.errors import ModelInvalid
from facefusion.models.graph_file import read_graph

_OPERATOR = re.compile(r'In Node, \("[^"]*", ([\w.]+),')
_RUNNING = re.compile(r"while running (\w+) node\b")
_STATUS, _UNMET = "Status Message:", " was false."
_QUANTISED = ("DequantizeLinear", "QuantizeLinear", "ConvInteger", "MatMulInteger", "QLinearConv", "QLinearMatMul")
_NO_OPERATOR = re.compile(r"(?:not a registered function/op|not implemented|no op registered|no opset import)", re.I)


def why_not_loaded(path: Path, said: str) -> str:
    """One line about the file at `path`; said: the runtime's own words."""
    import onnxruntime

    version, opset = onnxruntime.__version__, _opset_of(path)
    if "opset" in said.lower() and "support" in said.lower() and opset:
        return (
            f"{path.name}: its opset {opset} is newer than ONNX Runtime {version} knows; export it with an older one, "
            "or upgrade onnxruntime"
        )
    node = _OPERATOR.search(said)
    if node and _NO_OPERATOR.search(said):
        return (
            f"{path.name} cannot be loaded: it uses the operator {node[1]}, which ONNX Runtime {version} does not "
            "know; export it without, or upgrade onnxruntime"
        )
    line = said.strip().splitlines()[0] if said.strip() else "no reason given"
    return f"{path.name} cannot be loaded: {line}"


def why_not_run(model: str, said: str) -> str:
    """One line about a model that was loaded and fails; said: the runtime's own words."""
    line = said.strip().splitlines()[0] if said.strip() else "no reason given"
    running = _RUNNING.search(line)
    if not running:
        return f"{model} failed: {line}"
    reason = line.split(_STATUS)[-1].split(_UNMET)[-1].strip(" .")
    advice = "; an export in 32-bit floats would do" if running[1] in _QUANTISED else ""
    return f"{model} failed in its operator {running[1]}: {reason}{advice}"


def _opset_of(path: Path) -> int:
    """The main opset that a file asks for; 0 where that cannot be read."""
    try:
        return read_graph(path).opsets.get("", 0)
    except (ModelInvalid, OSError):
        return 0
