"""Signing a finished file: a manifest put into it, or made to lie beside it."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, BinaryIO

from facefusion.errors import DiskFull, FaceFusionError, OutputFailed
from facefusion.media.paths import discard, temporary_beside
from facefusion.provenance.manifest import c2pa_library
from facefusion.provenance.manifest.claim import Claim
from facefusion.provenance.manifest.credentials import Credentials
from facefusion.provenance.manifest.formats import PLAIN, mime_in

_BUFFER = 1 << 20


def sign_into(file: Path, mime: str, claim: Claim, credentials: Credentials, *, name: Path) -> bytes:
    """Put a signed manifest into the unfinished `file`; gives back the manifest.

    The signed copy is written beside it and then takes its place. name: what errors call the file. Raises OutputFailed
    and DiskFull; `file` is then as it was, and nothing lies beside it.
    """
    signed = temporary_beside(file)
    try:
        with file.open("rb") as source, signed.open("w+b", buffering=_BUFFER) as target:
            manifest = _signed(source, target, mime, claim, credentials, name=name)
            target.flush()
        os.replace(signed, file)
        return manifest
    except OSError as error:
        raise OutputFailed(
            f"{name}: signing failed ({(error.strerror or str(error)).lower()}); free some space"
        ) from None
    finally:
        discard(signed)


def sign_beside(
    content: BinaryIO, claim: Claim, credentials: Credentials, *, name: Path, extra: Mapping[str, Any] | None = None
) -> bytes:
    """A signed manifest that binds every byte of `content` and is kept outside it. extra: further assertions."""
    return _signed(content, None, PLAIN, claim, credentials, name=name, extra=extra)


def _signed(
    source: BinaryIO,
    target: BinaryIO | None,
    mime: str,
    claim: Claim,
    credentials: Credentials,
    *,
    name: Path,
    extra: Mapping[str, Any] | None = None,
) -> bytes:
    c2pa, failed = c2pa_library.library(), _Failed()
    written = None if target is None else c2pa_library.Watched(target)
    try:
        with ExitStack() as stack:
            builder = _builder(stack, claim, extra)
            if target is None:
                builder.set_no_embed()
            signer = stack.enter_context(_signer(credentials, failed))
            manifest: bytes = builder.sign(signer, mime, source, _Sink() if written is None else written)
    except c2pa.C2paError as error:
        raise _told(error, failed, written, name) from None
    if written is not None and written.error is not None:
        raise _told(written.error, failed, written, name)
    return manifest


class _Failed:
    """What went wrong in our half of a signature; the library loses it."""

    def __init__(self) -> None:
        self.error: FaceFusionError | None = None


class _Sink(io.RawIOBase):
    """Takes the copy of a file that is bound and not changed; keeps nothing but the length."""

    def __init__(self) -> None:
        self._at = self._length = 0

    def read(self, size: int = -1) -> bytes:
        return b""

    def write(self, data: Any) -> int:
        self._at += len(data)
        self._length = max(self._length, self._at)
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset + (0, self._at, self._length)[whence]
        return self._at

    def tell(self) -> int:
        return self._at


def _builder(stack: ExitStack, claim: Claim, extra: Mapping[str, Any] | None) -> Any:
    c2pa = c2pa_library.library()
    settings = stack.enter_context(c2pa_library.context())
    builder = stack.enter_context(c2pa.Builder(json.dumps(claim.definition(extra)), settings))
    _add_parent(builder, claim)
    return builder


def _add_parent(builder: Any, claim: Claim) -> None:
    """The target, with the history that its file carries; whoever made it."""
    parent = claim.parent()
    if parent is None:
        return
    path = None if claim.target is None else claim.target.path
    if path is not None:
        with path.open("rb") as file:
            mime = mime_in(file.read(16))
            file.seek(0)
            if mime is not None:
                with suppress(c2pa_library.library().C2paError):  # its history cannot be read: it is named all the same
                    builder.add_ingredient(json.dumps(parent), mime, file)
                    return
    builder.add_ingredient(json.dumps(parent), PLAIN, io.BytesIO(b"\0"))


def _signer(credentials: Credentials, failed: _Failed) -> Any:
    c2pa = c2pa_library.library()

    def sign(data: bytes) -> bytes:
        try:
            return credentials.sign(data)
        except FaceFusionError as error:
            failed.error = error
            return b""

    algorithm = getattr(c2pa.C2paSigningAlg, credentials.chain.algorithm)
    return c2pa.Signer.from_callback(sign, algorithm, credentials.chain.pem, credentials.timestamp_url or None)


def _told(error: Exception, failed: _Failed, written: c2pa_library.Watched | None, name: Path) -> FaceFusionError:
    if failed.error is not None:
        return failed.error
    if written is not None and written.is_full:
        return DiskFull(f"{name}: the disk is full while signing; free some space")
    if written is not None and written.error is not None:
        return OutputFailed(f"{name}: signing failed ({written.error.strerror}); choose another disk")
    why = " ".join(str(error).split())[:300]
    return OutputFailed(f"{name}: cannot be signed ({why}); look at the signing-… options")
