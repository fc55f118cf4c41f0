"""Runs whose tensors lie in buffers on the card that are kept from one run to the next."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from facefusion.models.devices import is_lost
from facefusion.models.memory import is_spent

Array = NDArray[Any]
Place = tuple[str, int]
"""A kind of memory by ONNX Runtime's name, and the number of the card."""
Answer = tuple[tuple[int, ...], Any]
"""An output's shape and NumPy type."""
Shapes = tuple[tuple[str, tuple[int, ...]], ...]


class BoundRuns:
    """Runs of one session on one card. Safe to use from several threads: each run under way has buffers of its own.

    The first run with inputs of new shapes is a plain one, which tells the shapes of the outputs. An input that is
    read-only, as somebody's identity is, is sent to the card once and stays there while it is the same array. A model
    whose outputs change their shapes from picture to picture is run plainly.
    """

    def __init__(self, session: Any, place: Place, outputs: Sequence[str]) -> None:
        self._session, self._place, self._outputs = session, place, tuple(outputs)
        self._answers: dict[Shapes, list[Answer] | None] = {}
        self._idle: dict[Shapes, list[_Buffers]] = {}
        self._lock = threading.Lock()

    def run(self, feeds: Mapping[str, Array]) -> list[Array]:
        """The outputs for `feeds`, as the session's own `run`. Raises what the runtime raises."""
        shapes = tuple((name, array.shape) for name, array in feeds.items())
        answers = self._answers.get(shapes)
        if answers is not None:
            try:
                return self._in_buffers(shapes, feeds, dict(zip(self._outputs, answers, strict=True)))
            except Exception as error:  # ONNX Runtime has no error type of its own
                if is_spent(str(error)) or is_lost(str(error)):
                    raise
                self._answers[shapes] = None
        found: list[Array] = self._session.run(list(self._outputs), dict(feeds))
        self._answers.setdefault(shapes, [(one.shape, one.dtype.type) for one in found])
        return found

    def _in_buffers(self, shapes: Shapes, feeds: Mapping[str, Array], outputs: Mapping[str, Answer]) -> list[Array]:
        with self._lock:
            idle = self._idle.setdefault(shapes, [])
            buffers = idle.pop() if idle else None
        buffers = buffers or _Buffers(self._session, self._place, feeds, outputs)
        found = buffers.run(feeds)
        with self._lock:
            idle.append(buffers)
        return found

    def forget(self) -> None:
        """Give all buffers back that no run uses."""
        with self._lock:
            self._idle.clear()


class _Buffers:
    """Memory on a card for the inputs and outputs of one run."""

    def __init__(self, session: Any, place: Place, feeds: Mapping[str, Array], outputs: Mapping[str, Answer]) -> None:
        from onnxruntime import OrtValue

        self._session, self._binding = session, session.io_binding()
        made = OrtValue.ortvalue_from_shape_and_type
        self._inputs = {name: made(array.shape, array.dtype.type, *place) for name, array in feeds.items()}
        self._outputs = [made(shape, kind, *place) for shape, kind in outputs.values()]
        self._stays: dict[str, Array] = {}
        for name, value in self._inputs.items():
            self._binding.bind_ortvalue_input(name, value)
        for name, value in zip(outputs, self._outputs, strict=True):
            self._binding.bind_ortvalue_output(name, value)

    def run(self, feeds: Mapping[str, Array]) -> list[Array]:
        """The outputs, copied to main memory."""
        for name, array in feeds.items():
            if self._stays.get(name) is not array:
                self._inputs[name].update_inplace(array)
                self._stays.pop(name, None)
                if not array.flags.writeable:
                    self._stays[name] = array
        self._session.run_with_iobinding(self._binding)
        found = [value.numpy() for value in self._outputs]
        return [one if one.flags.owndata else one.copy() for one in found]
