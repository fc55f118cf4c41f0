"""Addresses outside that somebody named: only public ones are called, and only the one that was looked up."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

from facefusion.service.problems import Problem


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
    if not allows_private and not all(ipaddress.ip_address(one.partition("%")[0]).is_global for one in found):
        raise Problem("bad-request", f"url: {host[:200]!r} is not a public address")
    return host, min(found), port
