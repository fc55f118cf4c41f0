"""Makes a model smaller and faster in half precision or 8 bits, and measures what that costs before anybody uses it.

Both conversions come with ONNX Runtime (`onnxruntime.transformers.float16`, `onnxruntime.quantization`) and need the
`onnx` package (extra `facefusion[models]`). Inputs and outputs keep their types, so that the contract stays the same.
"""

from __future__ import annotations

import importlib
import logging
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from facefusion.core import Pixels
from facefusion.errors import ModelError, ModelInvalid, UsageError
from facefusion.models.card import ModelCard
from facefusion.models.card_text import card_text
from facefusion.models.catalog import MODELS
from facefusion.models.graph_file import last_square
from facefusion.models.importing import copied, plain_name
from facefusion.models.lock import Entry, Lock, write_whole
from facefusion.models.sanity import noise
from facefusion.models.sessions import Session
from facefusion.models.spec import TensorSpec
from facefusion.models.store import ModelStore
from facefusion.models.writing import written

Array = NDArray[Any]
Precision = Literal["fp16", "int8"]
BOUNDS: dict[Precision, float] = {"fp16": 0.01, "int8": 0.1}
"""The largest loss that is taken, by precision."""
_LEAST_SAMPLES = 4
_WARNINGS, _ERRORS = 2, 3
"""What ONNX Runtime calls its levels."""
_SMALLER = 0.95
"""What is not at least this much smaller gains nothing."""
_NEEDS = "models optimise needs the onnx package: `pip install facefusion[models]`"


@dataclass(frozen=True, slots=True)
class Optimised:
    """card: of the new model. loss: see `loss_of`. size_before, size_after: of the files, bytes."""

    card: ModelCard
    loss: float
    size_before: int
    size_after: int


def optimise(
    model: str, store: ModelStore, precision: Precision, samples: Sequence[Pixels], *,
    bound: float | None = None, name: str = "",
) -> Optimised:  # fmt: skip
    """A new model `name` (by default `MODEL_fp16`) in the user's folder, beside the one it was made of.

    samples: (h, w, 3) RGB uint8 pictures like those the model will see; 8 bits are calibrated on every second one, and
    the loss is measured on the others, which the conversion never saw. Raises ModelInvalid when the loss is above
    `bound` or the graph cannot be converted, ModelError without the onnx package, UsageError, DiskFull;
    nothing is left behind then.
    """
    bound = BOUNDS[precision] if bound is None else bound
    if precision not in get_args(Precision) or not bound > 0 or len(samples) < _LEAST_SAMPLES:
        raise UsageError(
            f"optimise: got {precision}, bound {bound:g}, {len(samples)} pictures; supported are "
            f"{' and '.join(get_args(Precision))}, a bound above 0, {_LEAST_SAMPLES} pictures or more"
        )
    card, path = store.card(model), store.path(model)
    made = _card(card, copy_name(card, name, precision), precision)
    if not store.folders:
        raise UsageError("models: no folder to write to; set FACEFUSION_MODELS")
    if made.name in {one.name for one in store.cards()}:
        raise UsageError(f"{made.name}: is a model already; remove it first, or give another --name")
    before = Session(path, card=card)
    shown = [fed(before.inputs, sample, seed) for seed, sample in enumerate(samples)]
    with tempfile.TemporaryDirectory(prefix="facefusion-optimise-") as folder:
        place = Path(folder) / made.file
        after = _converted(path, place, precision, before, shown[::2], made)
        size_before, size = path.stat().st_size, place.stat().st_size
        if size > _SMALLER * size_before:
            raise ModelInvalid(
                f"{model}: is no smaller in {precision} ({size_before} bytes became {size}); keep it: "
                "its weights are stored in few bits already"
            )
        loss = _measured(before, after, shown[1::2])
        if card.contract == "inswapper":
            loss = max(loss, loss_of([last_square(path, 512)], [last_square(place, 512)]))
        if not loss <= bound:
            raise ModelInvalid(
                f"{model}: loses {loss:.3g} of its answers in {precision}, allowed is {bound:g}; keep the original"
                f"{', or try fp16' if precision == 'int8' else ''}"
            )
        return Optimised(_placed(place, made, card, store, loss, bound), loss, size_before, size)


def fed(specs: Sequence[TensorSpec], sample: Pixels, seed: int) -> list[Array]:
    """A picture for every picture input, numbers made from `seed` for every other."""
    random = np.random.default_rng(seed)
    return [_picture(spec, sample) if spec.colour in ("rgb", "bgr") else noise(spec, random) for spec in specs]


def loss_of(before: Sequence[Array], after: Sequence[Array]) -> float:
    """The largest share of an output that changed: root mean square of the difference over that of the output."""
    shares = []
    for one, other in zip(before, after, strict=True):
        was, now = np.asarray(one, np.float64), np.asarray(other, np.float64)
        size = float(np.sqrt(np.mean(was**2)))
        share = float(np.sqrt(np.mean((now - was) ** 2))) / max(size, 1e-6)
        shares.append(share if np.isfinite(share) else np.inf)
    return max(shares)


def _measured(before: Session, after: Session, shown: Sequence[Sequence[Array]]) -> float:
    """`loss_of` over all of `shown` together, so that one faint answer does not decide."""
    answers = [(before.run(*arrays), after.run(*arrays)) for arrays in shown]
    were, now = (
        [np.concatenate([np.ravel(answer[side][place]) for answer in answers]) for place in range(len(before.outputs))]
        for side in (0, 1)
    )
    return loss_of(were, now)


def _picture(spec: TensorSpec, sample: Pixels) -> Array:
    height, width = (length if isinstance(length, int) else 256 for length in spec.size)
    return spec.encode(cv2.resize(sample, (width, height), interpolation=cv2.INTER_AREA))


def copy_name(card: ModelCard, name: str, precision: Precision) -> str:
    """As given, else the original's with the precision, told from a model of our list that is called so."""
    if name and plain_name(name) != name:
        raise UsageError(f"name {name!r}: supported are small letters, digits, dots, dashes and underscores")
    usual = f"{card.name}_{precision}"
    return name or (f"{card.name}_own_{precision}" if usual in MODELS else usual)


def _card(card: ModelCard, name: str, precision: Precision) -> ModelCard:
    return replace(
        card,
        name=name,
        file=f"{name}.onnx",
        summary=f"{card.summary}, {precision}",
        origin=f"made from {card.name} on this machine; {card.origin}",
        bundled=False,
        sha256="",
        other_sha256=(),
        addresses=(),
        size_bytes=0,
        precision=precision,
        made_from=card.name,
    )


def _converted(
    path: Path, place: Path, precision: Precision, session: Session, shown: Sequence[Sequence[Array]], card: ModelCard
) -> Session:
    try:
        onnx = importlib.import_module("onnx")
    except ImportError:
        raise ModelError(_NEEDS) from None
    try:
        if precision == "fp16":
            from onnxruntime.transformers.float16 import convert_float_to_float16

            onnx.save(convert_float_to_float16(onnx.load(str(path)), keep_io_types=True), str(place))
        else:
            _to_int8(path, place, session, shown)
            if card.contract == "inswapper":
                _keep_square(path, place)
        return Session(place, card=card)
    except Exception as error:  # neither converter has an error type of its own
        said = (str(error).strip().splitlines() or [type(error).__name__])[0].replace(str(place), card.file)
        raise ModelInvalid(f"{path.name} cannot be made {precision}: {said[:200]}") from error


def _to_int8(path: Path, place: Path, session: Session, shown: Sequence[Sequence[Array]]) -> None:
    """Static quantisation of convolutions and matrix products: weights by channel, both as 8 bits with a sign."""
    import onnxruntime
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self._left: Iterator[dict[str, Array]] = iter([session.feeds(*arrays) for arrays in shown])

        def get_next(self) -> dict[str, Array] | None:
            return next(self._left, None)

    quiet = logging.getLogger()  # it advises on the root logger, the runtime on its own
    level = quiet.level
    quiet.setLevel(logging.ERROR)
    onnxruntime.set_default_logger_severity(_ERRORS)
    try:
        quantize_static(
            str(path), str(place), Reader(), quant_format=QuantFormat.QDQ, per_channel=True,
            activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
            op_types_to_quantize=["Conv", "ConvTranspose", "MatMul", "Gemm"],
        )  # fmt: skip
    finally:
        quiet.setLevel(level)
        onnxruntime.set_default_logger_severity(_WARNINGS)


def _keep_square(path: Path, place: Path) -> None:
    """Put the matrix that an inswapper's source goes through back: no node uses it, so that the conversion drops it."""
    onnx = importlib.import_module("onnx")
    made = onnx.load(str(place))
    made.graph.initializer.append(onnx.numpy_helper.from_array(last_square(path, 512), "emap"))
    onnx.save(made, str(place))


def _placed(
    place: Path, card: ModelCard, original: ModelCard, store: ModelStore, loss: float, bound: float
) -> ModelCard:
    folder = store.folders[0]
    with written(folder):
        return _kept(place, folder, card, original, loss, bound)


def _kept(place: Path, folder: Path, card: ModelCard, original: ModelCard, loss: float, bound: float) -> ModelCard:
    target = folder / card.file
    digest = copied(place, target)
    card = replace(
        card,
        sha256=digest,
        size_bytes=target.stat().st_size,
        accuracy_loss=float(f"{loss:.3g}"),
        notes=f"{card.precision} of {original.name} ({original.sha256[:12] or 'a file of yours'}): lost {loss:.3g} of "
        f"its answers where {bound:g} was allowed",
    )
    try:
        write_whole(folder / f"{card.name}.toml", card_text(card).encode())
    except OSError:
        target.unlink(missing_ok=True)
        raise
    lock = Lock(folder)
    lock.remember(target.name, Entry.of(target, digest, "import"))
    accepted = lock.licences().get(original.name)
    if accepted is not None and accepted.get("licence") == card.licence:
        lock.accept(card.name, accepted)
    return card
