"""How settings are written in an environment: each reader raises :class:`ValueError` with the rule and never the value."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from credence.circuits.encoding import b64u_decode
from credence.circuits.errors import CircuitError
from credence.service.settings.limits import parse_rates

_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?")
_ORIGIN: Final = re.compile(r"[a-z0-9.-]+(?::[0-9]{1,5})?(?:/[a-z0-9._-]+)*")


def _pairs(value: object) -> object:
    """``a=1,b=2`` as a dictionary; other types pass. Raises :class:`ValueError` for anything else or a name given twice."""
    if not isinstance(value, str):
        return value
    pairs: dict[str, str] = {}
    for item in filter(None, (part.strip() for part in value.split(","))):
        name, separator, rest = item.partition("=")
        if not separator or not rest or name in pairs:
            raise ValueError("write name=value,name=value, each name once")
        pairs[name] = rest
    return pairs


def _networks(value: object) -> object:
    """``10.0.0.0/8,::1`` as networks; other types pass."""
    if not isinstance(value, str):
        return value
    try:
        return frozenset(ip_network(part.strip()) for part in value.split(",") if part.strip())
    except ValueError as error:
        raise ValueError("write addresses and networks, such as 127.0.0.1,10.0.0.0/8") from error


def _hosts(value: object) -> object:
    """As :func:`_words`, in lower case."""
    return _words(value.lower() if isinstance(value, str) else value)


def _words(value: object) -> object:
    """``a,b`` as a set; other types pass."""
    if not isinstance(value, str):
        return value
    return frozenset(filter(None, (part.strip() for part in value.split(","))))


def command_of(value: object) -> object:
    """A program by its whole path and its arguments, as a shell would read them; other types pass."""
    if not isinstance(value, str):
        return value
    words = tuple(shlex.split(value))  # raises ValueError where a quotation does not end
    if words and not words[0].startswith("/"):
        raise ValueError("a program is named by its whole path")
    return words


def _named(value: Mapping[str, Any]) -> Mapping[str, Any]:
    if not all(_NAME.fullmatch(name) for name in value):
        raise ValueError("a name has lower-case letters, digits, dots, dashes and underscores")
    return MappingProxyType(dict(value))


def _public_key(value: object) -> object:
    """An Ed25519 public key from unpadded base64url."""
    if not isinstance(value, str):
        return value
    try:
        return b64u_decode(value, max_length=64)
    except CircuitError as error:
        raise ValueError("an Ed25519 public key is written in base64url") from error


def _database(value: SecretStr | None) -> SecretStr | None:
    if value is None:
        return None
    try:
        url = make_url(value.get_secret_value())
    except ArgumentError as error:
        raise ValueError("not a database URL") from error
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise ValueError("the database is SQLite or PostgreSQL")
    if url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:"):
        raise ValueError("an SQLite database is a file: memory is not shared and not durable")
    return value


def _origin(value: str) -> str:
    if not _ORIGIN.fullmatch(value):
        raise ValueError("an origin is a host and path without scheme, such as log.example/credence")
    return value


def _name(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise ValueError("a lower-case host-like name, such as issuer.example")
    return value


def _base_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ValueError("an absolute http or https address without user, query and fragment")
    return value.rstrip("/")


def _addresses(value: Mapping[str, Any]) -> Mapping[str, str]:
    return MappingProxyType({name: _base_url(url) for name, url in _named(value).items()})


DatabaseUrl = Annotated[SecretStr | None, AfterValidator(_database)]
PublicKey = Annotated[bytes, BeforeValidator(_public_key), Field(min_length=32, max_length=32)]
Rates = Annotated[Mapping[str, Any], NoDecode, BeforeValidator(_pairs), AfterValidator(parse_rates)]
Networks = Annotated[frozenset[IPv4Network | IPv6Network], NoDecode, BeforeValidator(_networks)]
Name = Annotated[str, AfterValidator(_name)]
Origin = Annotated[str, AfterValidator(_origin)]
BaseUrl = Annotated[str, AfterValidator(_base_url)]
Hosts = Annotated[frozenset[str], NoDecode, BeforeValidator(_hosts)]
Words = Annotated[frozenset[str], NoDecode, BeforeValidator(_words)]
Command = Annotated[tuple[str, ...] | None, NoDecode, BeforeValidator(command_of)]
Files = Annotated[Mapping[str, Path], NoDecode, BeforeValidator(_pairs), AfterValidator(_named)]
Addresses = Annotated[Mapping[str, str], NoDecode, BeforeValidator(_pairs), AfterValidator(_addresses)]
PublicKeys = Annotated[Mapping[str, PublicKey], NoDecode, BeforeValidator(_pairs), AfterValidator(_named)]
