"""Which contract a stranger's graph keeps: by ranks, shapes and names of its tensors, and by the file's name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from facefusion.errors import ModelInvalid, UsageError
from facefusion.models.card import ModelCard
from facefusion.models.catalog import cards
from facefusion.models.contracts import ADAPTERS
from facefusion.models.graph_file import GraphFile, GraphTensor
from facefusion.models.prototypes import DFM
from facefusion.models.spec import TensorSpec
from facefusion.models.tensors import bind, shape_text

_NAME, _HINT, _EXACT, _EMAP = 2.0, 6.0, 4.0, 8.0
_COMMON = ("real", "live")
"""First words of names that say too little to know a file by."""
_ANYBODYS = frozenset({"input", "output", "image", "matte"})
"""Names of tensors that tell nothing."""
_SHOWN = 12
"""Tensors of a file that is not recognised that are told of."""
_CLOSE, _CLOSE_NUMBERS = 1.0, 3.0
"""Two contracts, and two models of one contract, whose scores lie nearer than this cannot be told apart."""


@dataclass(frozen=True, slots=True)
class Guess:
    """card: of a model that keeps the contract, with the tensors of this file. bare: the score without names of tensors
    that tell nothing. why: for people."""

    card: ModelCard
    score: float
    bare: float
    why: tuple[str, ...]


def guess(path: Path, graph: GraphFile, *, contract: str = "", like: ModelCard | None = None) -> Guess:
    """The contract that fits best, with the numbers (range, mean, template) of a model that keeps it.

    contract: names it, where that is known; like: the model whose numbers these are, where that is. Raises UsageError
    for an unknown contract, ModelInvalid when none fits (what was expected and seen), or when several contracts, or
    several models' numbers, fit alike (which).
    """
    known = _known(contract, like)
    found = sorted(filter(None, (_fit(path, graph, card) for card in known)), key=lambda one: -one.score)
    if not found:
        raise ModelInvalid(
            f"{path.name}: {_seen(graph)}; {_expected(contract or (like.contract if like else ''), known)}"
        )
    best = found[0]
    contracts = sorted({one.card.contract for one in found if best.score - one.score < _CLOSE})
    if len(contracts) > 1:
        alike = ", ".join(contracts)
        raise ModelInvalid(f"{path.name}: {_seen(graph)}, which fits {alike} alike; say which with --contract")
    same = [one for one in found if one.card.contract == contracts[0]]
    close = [one.card for one in same if max(other.bare for other in same) - one.bare < _CLOSE_NUMBERS]
    examples = {_numbers(card): card.name for card in reversed(close)}
    if len(examples) > 1:
        alike = ", ".join(sorted(examples.values()))
        raise ModelInvalid(
            f"{path.name}: {_seen(graph)}, which fits {contracts[0]} with the numbers of {alike} alike (they are shown "
            "pictures in different ranges); say which with --like"
        )
    return best


def _known(contract: str, like: ModelCard | None) -> list[ModelCard]:
    """The cards to compare with."""
    for one in (contract, like.contract if like else ""):
        if one and one not in ADAPTERS:
            raise UsageError(f"contract {one!r}: unknown; known are {', '.join(ADAPTERS)}")
    if like is not None and contract not in ("", like.contract):
        raise UsageError(f"{like.name} keeps the contract {like.contract}, not {contract}; leave one of them out")
    if like is not None:
        return [like]
    return [card for card in (*cards(), DFM) if card.contract in ADAPTERS and contract in ("", card.contract)]


def _numbers(card: ModelCard) -> tuple[object, ...]:
    """What a graph does not tell of itself."""
    specs = (*card.inputs, *card.outputs)
    return card.template, *((spec.layout, spec.colour, spec.range, spec.mean, spec.std) for spec in specs)


def _fit(path: Path, graph: GraphFile, card: ModelCard) -> Guess | None:
    inputs, outputs = (tuple(map(_spec, some)) for some in (graph.real_inputs(), graph.outputs))
    if len(inputs) != len(card.inputs):
        return None
    try:
        fed, given = bind(path.name, card.inputs, inputs), bind(path.name, card.outputs, outputs)
    except ModelInvalid:
        return None
    if card.contract == "inswapper" and not any(one.shape == (512, 512) for one in graph.initializers):
        return None
    score, why = 0.0, [f"{len(inputs)} inputs and {len(card.outputs)} outputs have the ranks and shapes of {card.name}"]
    bound = []
    for wanted, names, has in ((card.inputs, fed, inputs), (card.outputs, given, outputs)):
        of_name = {one.name: one for one in has}
        pairs = [(spec, of_name[name]) for spec, name in zip(wanted, names, strict=True)]
        score += sum(_likeness(spec, one) for spec, one in pairs)
        bound.append(tuple(replace(spec, name=one.name, shape=_narrowed(spec, one)) for spec, one in pairs))
    same = [spec.name for spec in (*card.inputs, *card.outputs) if spec.name in (*fed, *given)]
    if same:
        why.append(f"the names {', '.join(same)} are the same")
    if card.contract == "inswapper":
        score += _EMAP
        why.append("it holds a 512x512 matrix")
    hint = next((word for word in _words(card) if _plain(word) in _plain(path.stem)), "")
    if hint:
        score += _HINT + (_EXACT if hint == card.name else 0.0)
        why.append(f"its file is called {hint}")
    bare = score - _NAME * len(_ANYBODYS.intersection(same))
    return Guess(replace(card, inputs=bound[0], outputs=bound[1]), score, bare, tuple(why))


def _words(card: ModelCard) -> Sequence[str]:
    words = card.name.split("_")
    family = "_".join(words[:2]) if words[0] in _COMMON else words[0]
    return [card.name, *([card.contract] if card.contract not in ("matting", "upscaler") else []), family]


def _plain(name: str) -> str:
    """`RealESRGAN_x4plus` and `real-esrgan` begin alike."""
    return "".join(filter(str.isalnum, name.lower()))


def _likeness(spec: TensorSpec, one: TensorSpec) -> float:
    score = _NAME if spec.name == one.name else 0.0
    for want, has in zip(spec.shape_of_rank(len(one.shape)), one.shape, strict=True):
        if isinstance(want, int) and isinstance(has, int):
            score += 1
        elif isinstance(want, int) != isinstance(has, int):
            score -= 0.5
    return score


def _narrowed(spec: TensorSpec, one: TensorSpec) -> tuple[int | str, ...]:
    return tuple(
        want if isinstance(want, int) else (has if isinstance(has, int) else want)
        for want, has in zip(spec.shape_of_rank(len(one.shape)), one.shape, strict=True)
    )


def _spec(tensor: GraphTensor) -> TensorSpec:
    return TensorSpec(tensor.name, tensor.shape, dtype=tensor.dtype)


def _seen(graph: GraphFile) -> str:
    def told(some: Sequence[GraphTensor]) -> str:
        shown = [f"{one.name} {shape_text(_spec(one))} {one.dtype}" for one in some[:_SHOWN]]
        return ", ".join([*shown, *([f"{len(some) - _SHOWN} more"] if len(some) > _SHOWN else [])]) or "nothing"

    return f"takes {told(graph.real_inputs())} and gives {told(graph.outputs)}"


def _expected(contract: str, known: Sequence[ModelCard]) -> str:
    if not contract:
        return "no known contract takes and gives that"
    card = known[0]
    told = [", ".join(f"{one.name} {one.shape}" for one in specs) for specs in (card.inputs, card.outputs)]
    return f"{contract} takes {told[0]} and gives {told[1]}"
