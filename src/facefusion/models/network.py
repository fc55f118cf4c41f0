"""Where weights are fetched from, and how: addresses, mirrors, proxies, passwords that go nowhere else."""

from __future__ import annotations

import base64
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass
from http.client import HTTPMessage
from typing import IO
from urllib.parse import SplitResult, quote, unquote, urlsplit, urlunsplit

from facefusion.errors import DownloadFailed, UsageError
from facefusion.models.card import ModelCard

_TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Address:
    """url: what is asked for. plain: the same without what is secret. host: for people. login: Basic credentials."""

    url: str
    plain: str
    host: str
    login: str = ""

    def request(self) -> urllib.request.Request:
        """Asks for the file as it is; the login does not follow to another address."""
        made = urllib.request.Request(self.url, headers={"User-Agent": "facefusion", "Accept-Encoding": "identity"})
        if self.login:
            made.add_unredirected_header("Authorization", f"Basic {self.login}")
        return made


@dataclass(frozen=True, slots=True)
class Network:
    """How to fetch. mirrors: addresses of folders that hold the files by name, tried first; they may hold a login
    (`https://user:password@host/zoo`) and a query. proxy: for http and https; "" takes the system's. offline: never
    fetch."""

    mirrors: tuple[str, ...] = ()
    proxy: str = ""
    offline: bool = False
    timeout_seconds: float = _TIMEOUT_SECONDS

    def addresses(self, card: ModelCard) -> tuple[Address, ...]:
        """Of a card's file, mirrors first. Raises DownloadFailed offline, UsageError for what is no address."""
        if self.offline:
            raise DownloadFailed(f"{card.name}: is not on this machine, and --offline forbids fetching it")
        found = (*(address_of(mirror, file=card.file) for mirror in self.mirrors), *map(address_of, card.addresses))
        if found:
            return found
        why = "no public address of the file is known" if card.commercial_use else "nobody may hand it on"
        raise UsageError(
            f"{card.name}: {why}, so obtain it yourself from {card.origin}, then "
            f"`facefusion models import FILE --as {card.name}`, or name a --mirror that has {card.file}"
        )

    def opener(self) -> urllib.request.OpenerDirector:
        """Opens http and https, and nothing else. Raises UsageError for a proxy that is none."""
        proxies = {"http": _proxy(self.proxy), "https": _proxy(self.proxy)} if self.proxy else None
        opener = urllib.request.OpenerDirector()
        for handler in (
            urllib.request.ProxyHandler(proxies),
            urllib.request.HTTPHandler(),
            urllib.request.HTTPSHandler(),
            urllib.request.HTTPDefaultErrorHandler(),
            _Redirects(),
            urllib.request.HTTPErrorProcessor(),
        ):
            opener.add_handler(handler)
        return opener

    def why_not_reached(self, address: Address, reason: object) -> str:
        """For people; reason: an exception or its text."""
        if isinstance(reason, ssl.SSLCertVerificationError):
            return (
                f"its certificate is not trusted ({reason.verify_message}); SSL_CERT_FILE names the file of an "
                "authority of your own"
            )
        scheme = urlsplit(address.url).scheme
        proxy = self.proxy or (
            "" if urllib.request.proxy_bypass(address.host) else urllib.request.getproxies().get(scheme, "")
        )
        via = f" through the proxy {_without_login(proxy)}" if proxy else ""
        why = f"no answer in {self.timeout_seconds:g} s" if isinstance(reason, TimeoutError) else reason
        return f"cannot be reached{via} ({why})"


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows to other addresses, but not from https to http."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        if req.type == "https" and urlsplit(newurl).scheme != "https":
            raise urllib.error.HTTPError(
                newurl, code, "leads from https to an address without, which is not followed", headers, fp
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def address_of(text: str, *, file: str = "") -> Address:
    """The address `text`, or that of `file` in the folder `text`. Raises UsageError for what is none."""
    parts = _parts(text)
    if parts is None or parts.scheme not in ("http", "https"):
        raise UsageError(
            f"{_without_login(text)}: cannot be fetched from; supported are http and https, as in https://HOST/FOLDER"
        )
    path = f"{parts.path.rstrip('/')}/{quote(file)}" if file else parts.path
    login, _, host = parts.netloc.rpartition("@")
    plain = urlunsplit((parts.scheme, host, path, "", ""))
    url = urlunsplit((parts.scheme, host, path, parts.query, ""))
    return Address(url, plain, host, base64.b64encode(unquote(login).encode()).decode() if login else "")


def _proxy(text: str) -> str:
    with_scheme = text if "://" in text else f"http://{text}"
    parts = _parts(with_scheme)
    if parts is None or parts.scheme not in ("http", "https"):
        raise UsageError(f"proxy {_without_login(text)}: supported are addresses like http://HOST:PORT")
    return with_scheme


def _parts(text: str) -> SplitResult | None:
    """The parts of an address, None for what is no address."""
    try:
        parts = urlsplit(text)
        is_one = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return None
    return parts if is_one and text.isprintable() and " " not in text else None


def _without_login(text: str) -> str:
    start, between, rest = text.rpartition("://")
    return f"{start}{between}{rest.rpartition('@')[2]}"
