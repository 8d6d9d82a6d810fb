"""Whose address a request comes from, as far as that can be believed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

from starlette.types import Scope

NOBODY: Final = "unknown"
"""Stands for a peer without an address, such as one at a Unix socket."""

_FORWARDED: Final = b"x-forwarded-for"
_IPV6_SITE: Final = 64

Address = IPv4Address | IPv6Address
Networks = Collection[IPv4Network | IPv6Network]


def address_of(scope: Scope, trusted: Networks) -> str:
    """The key that an address counts under: an IPv4 address, or the /64 network that an IPv6 address is in.

    It is the peer's own, unless the peer is among ``trusted``: then the last one in ``X-Forwarded-For`` that is not. What
    is no address ends the search, since nobody who is trusted wrote it.
    """
    client = scope.get("client")
    found = _read(client[0]) if client else None
    if found is None:
        return NOBODY
    if _among(found, trusted):
        for text in reversed(_forwarded(scope["headers"])):
            before = _read(text)
            if before is None:
                break
            found = before
            if not _among(before, trusted):
                break
    return _key(found)


def _forwarded(headers: Iterable[tuple[bytes, bytes]]) -> list[str]:
    values = [value.decode("latin-1") for name, value in headers if name == _FORWARDED]
    return ",".join(values).split(",") if values else []


def _read(text: str) -> Address | None:
    try:
        found = ip_address(text.strip())
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found


def _among(address: Address, networks: Networks) -> bool:
    return any(address in network for network in networks)


def _key(address: Address) -> str:
    if isinstance(address, IPv6Address):  # one customer has all of a /64
        return f"{IPv6Address(int(address) >> _IPV6_SITE << _IPV6_SITE)}/{_IPV6_SITE}"
    return str(address)
