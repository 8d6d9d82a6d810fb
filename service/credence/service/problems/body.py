"""Strict JSON: what two parsers could read differently, or a database could not hold, is refused before anyone reads it."""

from __future__ import annotations

import json
import math
from typing import Any, Final, NoReturn

from credence.service.errors import InvalidRequest

MAX_DEPTH: Final = 64
"""Levels of arrays and objects inside one another."""

_NO_JSON: Final = "the body is not JSON"


def check_json(body: bytes) -> None:
    """Returns iff ``body`` is one JSON text in UTF-8 without surprises.

    Raises :class:`InvalidRequest` for a byte order mark, a name that stands twice in an object, NaN and infinities, numbers
    beyond a double's range or of thousands of digits, half a surrogate pair, NUL, and nesting over 64 levels.
    """
    try:
        text = body.decode("utf-8")
        value = json.loads(
            text, object_pairs_hook=_unique, parse_constant=_refuse_constant, parse_float=_finite, parse_int=_short
        )
    except (ValueError, RecursionError) as error:
        raise InvalidRequest(_NO_JSON) from error
    _check_values(value)


def _check_values(value: Any) -> None:
    level, depth = [value], 0
    while level:
        below: list[Any] = []
        for item in level:
            if isinstance(item, str):
                _check_text(item)
            elif isinstance(item, dict | list):
                if depth == MAX_DEPTH:
                    raise InvalidRequest("the body is nested too deeply")
                below.extend(item)
                if isinstance(item, dict):
                    below.extend(item.values())
        level, depth = below, depth + 1


def _check_text(text: str) -> None:
    if "\x00" in text:
        raise InvalidRequest("the body holds a NUL character")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InvalidRequest("the body holds half a surrogate pair") from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise InvalidRequest("a name stands twice in an object of the body")
    return found


def _refuse_constant(_text: str) -> NoReturn:
    raise InvalidRequest("the body holds a number that JSON does not have")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise InvalidRequest("the body holds a number out of range")
    return value


def _short(text: str) -> int:
    if len(text) > 20:
        raise InvalidRequest("the body holds a number out of range")
    return int(text)
