"""Addresses outside that somebody named: only public ones are called, and only the one that was looked up."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

from facefusion.service.problems import Problem

_UNICAST = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def check_address(url: str, *, allows_private: bool) -> tuple[str, str, int]:
    """The host, one address of it and the port of a URL that may be called. Raises Problem for any other."""
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise Problem("bad-request", "url: cannot be read") from None
    host = parts.hostname or ""
    if parts.scheme not in (("http", "https") if allows_private else ("https",)) or not host or parts.username:
        raise Problem("bad-request", "url: supported is https://host/path, without a name or password in it")
    try:
        found = {str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError):
        raise Problem("bad-request", f"url: {host[:200]!r} is not found") from None
    if not allows_private and not all(is_public(one.partition("%")[0]) for one in found):
        raise Problem("bad-request", f"url: {host[:200]!r} is not a public address")
    return host, min(found), port


def is_public(text: str) -> bool:
    """Whether an address is one of the public internet, also when it is an IPv4 address in the dress of IPv6."""
    address = ipaddress.ip_address(text)
    if isinstance(address, ipaddress.IPv6Address):
        inner = _inner(address)
        if inner is not None:
            return is_public(str(inner))
        if address.is_site_local or address not in _UNICAST:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved and not address.is_unspecified


def _inner(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 address leads to: mapped, 6to4, Teredo (RFC 4380) or NAT64 (RFC 6052)."""
    if address.teredo is not None:
        return address.teredo[1]
    nat64 = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None
    return address.ipv4_mapped or address.sixtofour or nat64
