"""Sessions that are open: one for a file, a device and a number of threads, for the life of the process."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from facefusion.errors import ModelMissing, UsageError
from facefusion.models.card import ModelCard
from facefusion.models.devices import Device
from facefusion.models.providers import ProviderWarning, choose_providers
from facefusion.models.sessions import Session
from facefusion.models.store import ModelStore, Stamp, stamp_of

Key = tuple[int, Stamp, ModelCard | None, tuple[str, ...], int, Device]


def open_session(
    model: str | Path,
    *,
    store: ModelStore | None = None,
    providers: Sequence[str] = ("cpu",),
    threads: int = 1,
    device: Device = Device(),
) -> Session:
    """The session of a model: a name of the catalog, or the Path of a file.

    Sessions are kept for the life of the process: asking again for the same file, providers, device and threads gives
    the same one; a thread that asks for one that another loads waits for it, and for no other. providers: in order of
    preference; device: the rest of how it runs, where its own providers do not count. Raises UsageError for an unknown
    name or provider, ModelMissing and ModelInvalid as `ModelStore.path`, OutOfMemory, and ModelInvalid for a file that
    is no ONNX model or does not keep the contract of its card.
    """
    if threads < 1:
        raise UsageError(f"threads: got {threads}, supported is 1 or more")
    path, card = _resolve(model, store or ModelStore.of_user())
    device, warnings = chosen_device(providers, device)
    with _lock:
        opening = _open.setdefault(_key(path, card, providers, threads, device), _Opening())
    return opening.opened(path, card, device, warnings, threads)


def opened_session(
    model: str | Path,
    *,
    store: ModelStore | None = None,
    providers: Sequence[str] = ("cpu",),
    threads: int = 1,
    device: Device = Device(),
) -> Session | None:
    """The session that `open_session` gave for the same, None before. Raises ModelMissing, ModelInvalid, UsageError."""
    path, card = _resolve(model, store or ModelStore.of_user())
    with _lock:
        opening = _open.get(_key(path, card, providers, threads, chosen_device(providers, device)[0]))
    return None if opening is None else opening.session


def chosen_device(providers: Sequence[str], device: Device) -> tuple[Device, tuple[ProviderWarning, ...]]:
    """`device` with those of `providers` that are there, and a warning for whatever is asked for and not done.

    Raises UsageError for an unknown provider.
    """
    chosen, missing = choose_providers(providers)
    numbers = (0,) if chosen == ("cpu",) else device.numbers
    device = replace(device, providers=chosen, numbers=numbers)
    return device, (*missing, *device.not_kept())


def _key(path: Path, card: ModelCard | None, providers: Sequence[str], threads: int, device: Device) -> Key:
    return os.getpid(), stamp_of(path), card, tuple(providers), threads, device


class _Opening:
    """A session that is opened once, by whoever comes first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.session: Session | None = None

    def opened(
        self, path: Path, card: ModelCard | None, device: Device, warnings: Sequence[ProviderWarning], threads: int
    ) -> Session:
        with self._lock:
            if self.session is None:
                self.session = Session(path, card=card, device=device, warnings=warnings, threads=threads)
            return self.session


def dead_cards() -> tuple[str, ...]:
    """A line for every card that stopped answering while others went on with its work."""
    with _lock:
        sessions = [opening.session for opening in _open.values()]
    found = [(one.providers[0], number) for one in sessions if one is not None for number in one.dead]
    lines = (f"card {number} of {provider} stopped answering; the others went on" for provider, number in found)
    return tuple(dict.fromkeys(lines))


def close_sessions() -> None:
    """Forget all sessions; the memory of each is given back when its last user lets go."""
    with _lock:
        _open.clear()


_open: dict[Key, _Opening] = {}
_lock = threading.Lock()


def _resolve(model: str | Path, store: ModelStore) -> tuple[Path, ModelCard | None]:
    if isinstance(model, str):
        return store.path(model), store.card(model)
    if not model.is_file():
        raise ModelMissing(f"no model file at {model}")
    return model, store.card_of(model)
