"""How a corpus writes a bad case: the accepted twin, and what is changed in it.

A change is an operation of JSON Patch (RFC 6902: ``add``, ``remove``, ``replace``, at a JSON Pointer), or ``splice``, which
is ours: in the bytes that the base64url text at ``path`` stands for, ``remove`` bytes from ``offset`` on give way to the
bytes that ``insert`` is the hex of.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from credence.circuits.encoding import b64u, b64u_decode

Change = Mapping[str, Any]


def changed(document: Mapping[str, Any], changes: Iterable[Change]) -> dict[str, Any]:
    """A copy of ``document`` with the changes made one after the other.

    Raises :class:`LookupError`, :class:`ValueError` or :class:`TypeError` for a change that cannot be made.
    """
    whole: dict[str, Any] = copy.deepcopy(dict(document))
    for change in changes:
        _change(whole, change)
    return whole


def _change(whole: dict[str, Any], change: Change) -> None:
    *way, last = _members(change["path"])
    parent: Any = whole
    for name in way:
        parent = parent[_key(parent, name)]
    key = _key(parent, last)
    match change["op"]:
        case "add" if isinstance(parent, list):
            parent.insert(len(parent) if last == "-" else key, change["value"])
        case "add":
            parent[key] = change["value"]
        case "replace":
            parent[key], _ = change["value"], parent[key]
        case "remove":
            del parent[key]
        case "splice":
            parent[key] = _spliced(parent[key], change["offset"], change["remove"], bytes.fromhex(change["insert"]))
        case other:
            raise ValueError(f"an unknown operation, {other}")


def _members(pointer: str) -> list[str]:
    first, *names = pointer.split("/")
    if first or not names:
        raise ValueError("a path begins with a slash and is not the whole")
    return [name.replace("~1", "/").replace("~0", "~") for name in names]


def _key(parent: Any, name: str) -> Any:
    return int(name) if isinstance(parent, list) and name != "-" else name


def _spliced(text: str, offset: int, removed: int, inserted: bytes) -> str:
    data = b64u_decode(text)
    if not 0 <= offset <= offset + removed <= len(data):
        raise ValueError("a splice outside its bytes")
    return b64u(data[:offset] + inserted + data[offset + removed :])
