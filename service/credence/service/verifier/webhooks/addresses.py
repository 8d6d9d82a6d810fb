"""Where a webhook may lead: https to a public host, unless the operator names the host.

An address is read once, here, and what was read is what is connected to. A name says nothing about where it leads, so every
address that it resolves to is looked at again when a connection is made.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from credence.service.errors import InvalidRequest

MAX_URL: Final = 1_000
"""Characters of an endpoint's address."""

_URL: Final = re.compile(
    r"(https?)://(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::([0-9]{1,5}))?(/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)?(\?[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?"
)
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_PORTS: Final = {"https": 443, "http": 80}

# addresses of IPv6 that are another one of IPv4 in disguise, and where in them it stands
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Destination:
    """An address taken apart. ``host`` has no brackets, ``target`` is path and query as they are sent."""

    scheme: str
    host: str
    port: int
    target: str


def read_url(text: str, allowed: Collection[str]) -> Destination:
    """An endpoint's address, read. ``allowed`` are the hosts that the operator names, which may be private and plain http.

    Raises :class:`InvalidRequest`, without the address: for one that is no http or https address in lower-case ASCII of at
    most 1000 characters, has a user or a fragment, is not https, or has a host that is no public one.
    """
    found = _URL.fullmatch(text) if len(text) <= MAX_URL else None
    if found is None:
        raise InvalidRequest("The address is not one that a webhook can have: https, a host, perhaps port, path and query.")
    scheme, host, port = found[1], found[2].strip("[]"), int(found[3] or _PORTS[found[1]])
    if not 1 <= port <= 65_535:
        raise InvalidRequest("The address has no possible port.")
    if host not in allowed:
        if scheme != "https":
            raise InvalidRequest("A webhook's address is https.")
        _check_host(host)
    return Destination(scheme, host, port, (found[4] or "/") + (found[5] or ""))


def is_public(text: str) -> bool:
    """Whether an IP address belongs to the public internet, whatever form it is written or disguised in."""
    try:
        address: Address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        inner = _inside(address)
        if inner is not None:
            return is_public(str(inner))
    special = address.is_multicast or address.is_reserved or address.is_unspecified or address.is_loopback
    return address.is_global and not (special or address.is_link_local or address.is_private)


def _inside(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address.sixtofour is not None:
        return address.sixtofour
    return None if address.teredo is None else address.teredo[1]


def _check_host(host: str) -> None:
    refusal = InvalidRequest("The address leads to no public host.")
    labels = host.split(".")
    if ":" in host or labels[-1].isdigit():
        if not is_public(host):
            raise refusal
        return
    # a last label such as 0x7f is a number to some resolvers, and a name without a dot is one of this network
    if len(host) > 253 or len(labels) < 2 or not labels[-1][0:1].isalpha() or not all(map(_LABEL.fullmatch, labels)):
        raise refusal
    if labels[-1] in ("localhost", "local", "internal", "localdomain", "home", "lan", "arpa"):
        raise refusal
