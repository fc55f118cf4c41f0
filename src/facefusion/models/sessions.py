"""Loaded weights: the only place that speaks to ONNX Runtime, which is imported when first needed."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facefusion.errors import DeviceLost, InvalidInput, ModelInvalid, ModelMissing, OutOfMemory, UsageError
from facefusion.models.card import ModelCard
from facefusion.models.devices import driver_version, engine_folder, is_lost, provider_options
from facefusion.models.finite import check_finite
from facefusion.models.home import user_folder
from facefusion.models.loading import why_not_loaded
from facefusion.models.providers import (
    Provider,
    ProviderWarning,
    card_did_not_start,
    choose_providers,
    did_not_start,
    provider_named,
    runtime_name,
)
from facefusion.models.spec import TensorSpec
from facefusion.models.spreading import LoadedCard, Spread
from facefusion.models.store import ModelStore, Stamp, sha256_of, stamp_of

Array = NDArray[Any]
_NO_MEMORY = ("out of memory", "failed to allocate", "bad allocation", "bad_alloc", "cudaerrormemoryallocation")
SMALL_BYTES = 32 * 1024 * 1024
Key = tuple[int, Stamp, ModelCard | None, tuple[str, ...], int, tuple[int, ...]]


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
        providers: Sequence[Provider],
        warnings: Sequence[ProviderWarning],
        threads: int,
        numbers: Sequence[int] = (0,),
    ) -> None:
        self.name = card.name if card else path.stem
        loaded = [_loaded(path, providers, threads, number) for number in numbers]
        broken = next((why for _, why in loaded if why), "")
        started = [pair for pair in zip(numbers, loaded, strict=True) if not pair[1][1]] or [(0, loaded[0])]
        self._spread = Spread([LoadedCard(number, session) for number, (session, _) in started])
        first = self._spread.first
        used = tuple(name for name in map(provider_named, first.get_providers()) if name)
        self.providers: tuple[Provider, ...] = used
        idle = tuple(did_not_start(name, broken) for name in providers if name not in used)
        lost = sorted(set(numbers) - set(self._spread.numbers)) if len(numbers) > 1 and not idle else []
        absent = (card_did_not_start(used[0], number, broken) for number in lost)
        self.warnings = (*warnings, *idle, *absent)
        has_inputs, has_outputs = _declared(first.get_inputs()), _declared(first.get_outputs())
        self.inputs = card.inputs if card else has_inputs
        self.outputs = card.outputs if card else has_outputs
        self._input_names = bind(self.name, self.inputs, has_inputs)
        self._output_names = bind(self.name, self.outputs, has_outputs)
        self._dtypes = {spec.name: spec.dtype for spec in has_inputs}
        self.path = path
        self.card = card
        lengths = [spec.shape[0] if spec.shape else 1 for spec in has_inputs]
        self.takes_batches = all(isinstance(length, str) for length in lengths)
        """Whether the file leaves the first length of every input free."""

    @property
    def dead(self) -> tuple[int, ...]:
        """The cards that stopped answering while others went on."""
        return self._spread.dead

    def run_each(self, *arrays: Array) -> tuple[Array, ...]:
        """As `run` for batches of n: in one go where the file takes batches, else one after another.

        An array with a first length of 1 belongs to every one of the batch.
        """
        number = max(len(array) for array in arrays)
        if number == 1 or self.takes_batches:
            return self._halved(*(np.repeat(one, number, 0) if len(one) < number else one for one in arrays))
        rows = [self.run(*(one[i : i + 1] if len(one) > 1 else one for one in arrays)) for i in range(number)]
        return tuple(np.concatenate(parts) for parts in zip(*rows, strict=True))

    def _halved(self, *arrays: Array) -> tuple[Array, ...]:
        """One run; where memory does not suffice, two of half the batch, and so on."""
        try:
            return self.run(*arrays)
        except OutOfMemory:
            middle = len(arrays[0]) // 2
            if middle == 0:
                raise
            parts = (self._halved(*(one[:middle] for one in arrays)), self._halved(*(one[middle:] for one in arrays)))
            return tuple(np.concatenate(pair) for pair in zip(*parts, strict=True))

    def run(self, *arrays: Array) -> tuple[Array, ...]:
        """The outputs for `arrays`, one for each input, both in the order of the contracts.

        With several cards, a run goes to the one that has the least to do, and on to another when that one dies.
        Raises InvalidInput when the count or a shape does not fit, ModelInvalid when the model itself fails, DeviceLost
        when its last device stops answering, OutOfMemory, and UnusableOutput when it gives values that are no numbers.
        """
        feeds = self.feeds(*arrays)
        found = None
        while found is None:
            with self._spread.freest() as card:
                found = self._answered(card, feeds)
        check_finite(self.name, [spec.name for spec in self.outputs], found)
        return found

    def _answered(self, card: LoadedCard, feeds: dict[str, Array]) -> tuple[Array, ...] | None:
        """None when the card died and another is left."""
        try:
            return tuple(card.session.run(list(self._output_names), feeds))
        except Exception as error:  # ONNX Runtime has no error type of its own
            fault = self._fault(error)
            if isinstance(fault, DeviceLost) and self._spread.drop(card):
                return None
            raise fault from (error if isinstance(fault, ModelInvalid) else None)

    def _fault(self, error: Exception) -> Exception:
        """What an error of the runtime means."""
        if any(words in str(error).lower() for words in _NO_MEMORY):
            return OutOfMemory(
                f"{self.name}: not enough memory on {self.providers[0] if self.providers else 'cpu'}; "
                "use fewer --threads, a smaller model, or --execution-provider cpu"
            )
        if is_lost(str(error)) and self.providers[:1] != ("cpu",):
            return DeviceLost(
                f"{self.name}: {self.providers[0]} stopped answering ({_first_line(error)}); bring it back, or use "
                "--execution-provider cpu, which begins anew"
            )
        return ModelInvalid(f"{self.name} failed: {_first_line(error)}")

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
            raise InvalidInput(f"{self.name}: input {spec.name} got shape {array.shape}, supported is {_shape(spec)}")
        return np.ascontiguousarray(array, dtype=self._dtypes[name])


def open_session(
    model: str | Path,
    *,
    store: ModelStore | None = None,
    providers: Sequence[str] = ("cpu",),
    threads: int = 1,
    numbers: Sequence[int] = (0,),
) -> Session:
    """The session of a model: a name of the catalog, or the Path of a file.

    Sessions are kept for the life of the process: asking again for the same file, providers and threads gives the
    same one. numbers: of the cards that share the work, where a machine has several. Raises UsageError for an unknown
    name or provider, ModelMissing and ModelInvalid as `ModelStore.path`, and ModelInvalid for a file that is no ONNX
    model or does not keep the contract of its card.
    """
    if threads < 1:
        raise UsageError(f"threads: got {threads}, supported is 1 or more")
    path, card = _resolve(model, store or ModelStore.of_user())
    chosen, warnings = choose_providers(providers)
    numbers = (0,) if chosen == ("cpu",) else tuple(numbers)
    key = (os.getpid(), stamp_of(path), card, tuple(providers), threads, numbers)
    with _lock:
        session = _open.get(key)
        if session is None:
            session = Session(path, card=card, providers=chosen, warnings=warnings, threads=threads, numbers=numbers)
            _open[key] = session
    return session


def dead_cards() -> tuple[str, ...]:
    """A line for every card that stopped answering while others went on with its work."""
    with _lock:
        found = [(one.providers[0], number) for one in _open.values() for number in one.dead]
    lines = (f"card {number} of {provider} stopped answering; the others went on" for provider, number in found)
    return tuple(dict.fromkeys(lines))


def close_sessions() -> None:
    """Forget all sessions; the memory of each is given back when its last user lets go."""
    with _lock:
        _open.clear()


def bind(model: str, wanted: Sequence[TensorSpec], declared: Sequence[TensorSpec]) -> tuple[str, ...]:
    """The file's own tensor name for each contract: the same name where it fits, else the first that fits by shape.

    Exports of one network differ in names and in the order of tensors. Raises ModelInvalid when none fits.
    """
    free = list(declared)
    names: dict[int, str] = {}
    for by_name in (True, False):
        for place, spec in enumerate(wanted):
            fits = [item for item in free if spec.accepts(item.shape) and (not by_name or item.name == spec.name)]
            if place not in names and fits:
                names[place] = fits[0].name
                free.remove(fits[0])
    for place, spec in enumerate(wanted):
        if place not in names:
            has = ", ".join(f"{item.name} {_shape(item)}" for item in declared)
            raise ModelInvalid(f"{model}: no tensor fits {spec.name} {_shape(spec)}; the file has {has}")
    return tuple(names[place] for place in range(len(wanted)))


_open: dict[Key, Session] = {}
_lock = threading.Lock()


def _resolve(model: str | Path, store: ModelStore) -> tuple[Path, ModelCard | None]:
    if isinstance(model, str):
        return store.path(model), store.card(model)
    if not model.is_file():
        raise ModelMissing(f"no model file at {model}")
    return model, store.card_of(model)


def _loaded(path: Path, providers: Sequence[Provider], threads: int, number: int) -> tuple[Any, str]:
    """The session, on the processor where no other provider starts, and why that was."""
    try:
        return _load(path, providers, threads, number), ""
    except ModelInvalid as error:
        if tuple(providers) == ("cpu",):
            raise
        return _load(path, ("cpu",), threads, 0), str(error)


def _load(path: Path, providers: Sequence[Provider], threads: int, number: int) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors only: they come as exceptions as well
    # Planning the reuse of buffers takes 0.5 s for the 1371 small nodes of the face mesh and makes no run faster.
    options.enable_mem_reuse = path.stat().st_size > SMALL_BYTES
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # leave idle cores to others
    names = [
        (runtime_name(name), dict(provider_options(name, number, engines=_engines(name, path)))) for name in providers
    ]
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=names)
    except Exception as error:  # ONNX Runtime has no error type of its own
        raise ModelInvalid(why_not_loaded(path, str(error))) from error


def _engines(provider: Provider, path: Path) -> Path | None:
    """Where the compiled engine of a model is kept; None for providers that compile none."""
    if provider != "tensorrt":
        return None
    import onnxruntime

    folder = engine_folder(
        user_folder(),
        model_sha256=sha256_of(path),
        runtime=onnxruntime.__version__,
        driver=driver_version(),
        shapes="declared",
        precision="fp16",
    )
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _declared(tensors: Sequence[Any]) -> tuple[TensorSpec, ...]:
    """What the file says of its tensors: names, shapes and types, with no meaning."""
    return tuple(
        TensorSpec(
            name=tensor.name,
            shape=tuple(length if isinstance(length, int) else str(length or "any") for length in tensor.shape),
            dtype=_DTYPES.get(tensor.type, "float32"),
        )
        for tensor in tensors
    )


_DTYPES = {
    "tensor(float)": "float32",
    "tensor(double)": "float64",
    "tensor(float16)": "float16",
    "tensor(int64)": "int64",
    "tensor(int32)": "int32",
    "tensor(uint8)": "uint8",
    "tensor(bool)": "bool",
}


def _shape(spec: TensorSpec) -> str:
    return "(" + ", ".join(map(str, spec.shape)) + ")"


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
