"""Loaded weights: the only place that speaks to ONNX Runtime, which is imported when first needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facefusion.errors import DeviceLost, InvalidInput, ModelInvalid, OutOfMemory
from facefusion.models.bound import BoundRuns
from facefusion.models.card import ModelCard
from facefusion.models.devices import MOST_PICTURES, Device, is_lost, memory_of
from facefusion.models.finite import check_finite
from facefusion.models.gathering import Gather, Row
from facefusion.models.loading import why_not_run
from facefusion.models.memory import is_spent
from facefusion.models.providers import (
    Provider,
    ProviderWarning,
    card_did_not_start,
    did_not_start,
    provider_named,
)
from facefusion.models.spec import TensorSpec
from facefusion.models.spreading import LoadedCard, Spread
from facefusion.models.starting import started
from facefusion.models.tensors import bind, declared, shape_text

Array = NDArray[Any]


class Session:
    """One model on its device. `run` may be called from several threads at once.

    `inputs` and `outputs` are the card's contracts in the card's order, or, for a file without a card, what the
    file itself declares. `providers` are those in use; `warnings` tells of those that were asked for and are not.
    """

    def __init__(
        self,
        path: Path,
        *,
        card: ModelCard | None,
        device: Device = Device(),
        warnings: Sequence[ProviderWarning] = (),
        threads: int = 1,
    ) -> None:
        self.name = card.name if card else path.stem
        loaded = [started(path, device, threads, number) for number in device.numbers]
        broken = next((why for _, why in loaded if why), "")
        live = [pair for pair in zip(device.numbers, loaded, strict=True) if not pair[1][1]] or [(0, loaded[0])]
        first = live[0][1][0]
        used = tuple(name for name in map(provider_named, first.get_providers()) if name)
        self.providers: tuple[Provider, ...] = used
        self._device = replace(device, providers=used or device.providers)
        idle = tuple(did_not_start(name, broken) for name in device.providers if name not in used)
        lost = sorted(set(device.numbers) - {number for number, _ in live}) if not idle else []
        absent = (card_did_not_start(used[0], number, broken) for number in lost)
        self.warnings = (*warnings, *idle, *absent)
        has_inputs, has_outputs = declared(first.get_inputs()), declared(first.get_outputs())
        self.inputs = card.inputs if card else has_inputs
        self.outputs = card.outputs if card else has_outputs
        self._input_names = bind(self.name, self.inputs, has_inputs)
        self._output_names = bind(self.name, self.outputs, has_outputs)
        self._dtypes = {spec.name: spec.dtype for spec in has_inputs}
        self.path = path
        self.card = card
        lengths = [spec.shape[0] if spec.shape else 1 for spec in has_inputs]
        self.takes_batches = all(isinstance(length, str) for length in lengths)
        """Whether the file leaves the first length of every input free, and has not yet failed at more than one."""
        self._most = max(device.batch, MOST_PICTURES) if "tensorrt" in used else 0
        """Pictures of one run at most: what an engine is compiled for, or what memory sufficed for; 0 for any."""
        self._spread = Spread(
            [LoadedCard(number, session, self._bound(session, number)) for number, (session, _) in live]
        )
        self._gather = Gather(device.batch, len(live), self._batch) if device.batch > 1 else None

    @property
    def batch(self) -> int:
        """Pictures of one run that suit the device."""
        return self._device.batch

    @property
    def dead(self) -> tuple[int, ...]:
        """The cards that stopped answering while others went on."""
        return self._spread.dead

    def run_each(self, *arrays: Array) -> tuple[Array, ...]:
        """As `run` for batches of n: in one go where the file takes batches, else one after another.

        An array with a first length of 1 belongs to every one of the batch. Where the device works on batches, pictures
        of other faces, frames and threads join them.
        """
        number = max(len(array) for array in arrays)
        if not self.takes_batches:
            return self._one_by_one(arrays, number)
        whole = tuple(np.repeat(one, number, 0) if len(one) < number else one for one in arrays)
        if self._gather is None:
            found = self._batch(whole)
        else:
            rows = self._gather.run([tuple(one[at : at + 1] for one in whole) for at in range(number)])
            found = tuple(np.concatenate(parts) for parts in zip(*rows, strict=True))
        self._check_finite(found)
        return found

    def warm_up(self) -> None:
        """Run once on nothing where a graphics card makes itself ready by that; a file of free sizes is left alone."""
        shapes = [(self._device.batch, *spec.shape[1:]) if self.takes_batches else spec.shape for spec in self.inputs]
        if self.providers[:1] != ("cpu",) and all(isinstance(length, int) for shape in shapes for length in shape):
            self._answers([np.zeros(shape, np.float32) for shape in shapes])  # type: ignore[arg-type]

    def _one_by_one(self, arrays: Sequence[Array], number: int) -> tuple[Array, ...]:
        rows = [self.run(*(one[at : at + 1] if len(one) > 1 else one for one in arrays)) for at in range(number)]
        return tuple(np.concatenate(parts) for parts in zip(*rows, strict=True))

    def _batch(self, arrays: Row) -> Row:
        """One run; where memory does not suffice, two of half the batch, and so on. Its numbers are not checked."""
        number = len(arrays[0])
        if number > 1 and (not self.takes_batches or number > self._most > 0):
            return self._halves(arrays)
        try:
            found = self._answers(arrays)
        except OutOfMemory:
            if number == 1:
                raise
            self._most = number // 2
            return self._halves(arrays)
        except ModelInvalid:
            if number == 1:
                raise
            return self._given_up(arrays)
        return found if all(one.ndim and len(one) == number for one in found) else self._given_up(arrays)

    def _halves(self, arrays: Row) -> Row:
        middle = len(arrays[0]) // 2
        parts = (self._batch(tuple(one[:middle] for one in arrays)), self._batch(tuple(one[middle:] for one in arrays)))
        return tuple(np.concatenate(pair) for pair in zip(*parts, strict=True))

    def _given_up(self, arrays: Row) -> Row:
        """A file may leave the first length free and yet work for one picture only: it is taken at its deed."""
        rows = [self._answers([one[at : at + 1] for one in arrays]) for at in range(len(arrays[0]))]
        self.takes_batches = False
        return tuple(np.concatenate(parts) for parts in zip(*rows, strict=True))

    def run(self, *arrays: Array) -> tuple[Array, ...]:
        """The outputs for `arrays`, one for each input, both in the order of the contracts.

        With several cards, a run goes to the one that has the least to do, and on to another when that one dies.
        Raises InvalidInput when the count or a shape does not fit, ModelInvalid when the model itself fails, DeviceLost
        when its last device stops answering, OutOfMemory, and UnusableOutput when it gives values that are no numbers.
        """
        found = self._answers(arrays)
        self._check_finite(found)
        return found

    def _answers(self, arrays: Sequence[Array]) -> tuple[Array, ...]:
        feeds = self.feeds(*arrays)
        found = None
        while found is None:
            with self._spread.freest() as card:
                found = self._answered(card, feeds)
        return found

    def _check_finite(self, found: Sequence[Array]) -> None:
        check_finite(self.name, [spec.name for spec in self.outputs], found)

    def _bound(self, session: Any, number: int) -> BoundRuns | None:
        place = memory_of(self.providers, number)
        return None if place is None else BoundRuns(session, place, self._output_names)

    def _answered(self, card: LoadedCard, feeds: dict[str, Array]) -> tuple[Array, ...] | None:
        """None when the card died and another is left."""
        try:
            return tuple(card.run(self._output_names, feeds))
        except Exception as error:  # ONNX Runtime has no error type of its own
            fault = self._fault(error)
            if isinstance(fault, OutOfMemory):
                card.forget()
            if isinstance(fault, DeviceLost) and self._spread.drop(card):
                return None
            raise fault from (error if isinstance(fault, ModelInvalid) else None)

    def _fault(self, error: Exception) -> Exception:
        """What an error of the runtime means."""
        if is_spent(str(error)):
            return OutOfMemory(f"{self.name}: {self._device.room}")
        if is_lost(str(error)) and self.providers[:1] != ("cpu",):
            return DeviceLost(
                f"{self.name}: {self.providers[0]} stopped answering ({_first_line(error)}); bring it back, or use "
                "--execution-provider cpu, which begins anew"
            )
        return ModelInvalid(why_not_run(self.name, str(error)))

    def feeds(self, *arrays: Array) -> dict[str, Array]:
        """`arrays` by the file's own tensor names, in its types. Raises InvalidInput."""
        if len(arrays) != len(self.inputs):
            names = ", ".join(spec.name for spec in self.inputs)
            raise InvalidInput(f"{self.name}: got {len(arrays)} arrays, the inputs are {names}")
        return {
            name: self._checked(spec, name, array)
            for spec, name, array in zip(self.inputs, self._input_names, arrays, strict=True)
        }

    def _checked(self, spec: TensorSpec, name: str, array: Array) -> Array:
        free = self.takes_batches and len(array.shape) > 0
        if not spec.accepts((spec.shape[0], *array.shape[1:]) if free else array.shape):
            raise InvalidInput(
                f"{self.name}: input {spec.name} got shape {array.shape}, supported is {shape_text(spec)}"
            )
        return np.ascontiguousarray(array, dtype=self._dtypes[name])


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
