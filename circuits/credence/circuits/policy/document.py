"""The JSON Schema of a policy's document (draft 2020-12), published for editors and for who writes policies by program.

It is about shapes: which members there are, their types and sizes. What an attribute can be asked about, and whether anybody
can satisfy it, :func:`load_policy` alone says. What the schema refuses, that does too. A number is written without a point.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from credence.circuits.credential import LADDERS, NEVER_DISCLOSED, SCHEMAS, STANDING_1
from credence.circuits.fields import MAX_INTEGER, Json
from credence.circuits.policy.language import PERIODS
from credence.circuits.policy.predicates import RISK_TIERS
from credence.circuits.policy.reading import MAX_CREDENTIALS, MAX_TRUSTEES
from credence.circuits.policy.terms import (
    LEAST_ALPHA,
    MAX_STANDINGS,
    MAX_SUMMANDS,
    MAX_TANGENT,
    MAX_VENUE,
    MIN_SUMMANDS,
    SHOWN_BY_HEADER,
    SUMMED,
)
from credence.circuits.predicates.membership import MAX_SET
from credence.circuits.ratelimit import MAX_USES

_LARGEST: Final = 1 << 31
_DAY: Final = r"^(today([+-][1-9][0-9]{0,4}[dy])?|[0-9]{4}-[0-9]{2}-[0-9]{2})$"
_NAME: Final[Json] = {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,63}$"}
_SLOT: Final = "^[a-z][a-z0-9_]{0,31}$"
_OF: Final[Json] = {
    "type": ["string", "null"],
    "pattern": _SLOT,
    "description": "the credential that is meant; default: the first one by name",
}


def _text(longest: int, *, empty: bool = False) -> Json:
    return {"type": "string", "minLength": 0 if empty else 1, "maxLength": longest, "pattern": r"^[^\u0000-\u001f]*$"}


def _integer(least: int, most: int) -> Json:
    return {"type": "integer", "minimum": least, "maximum": most}


def _object(required: tuple[str, ...], **members: Json) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "required": list(required), "properties": members}


def _list(items: Json, least: int, most: int, **more: Any) -> Json:
    return {"type": "array", "items": items, "minItems": least, "maxItems": most, **more}


def _or_null(said: Json) -> Json:
    return {"anyOf": [{"type": "null"}, said]}


def _attributes(forbidden: frozenset[str]) -> Json:
    names = {name for schema in SCHEMAS.values() for name in schema.attributes}
    return {"enum": sorted((names | LADDERS.keys()) - forbidden)}


def _summed() -> Json:
    known = [attribute for schema in SCHEMAS.values() for attribute in schema.issuer]
    return {"enum": sorted({each.name for each in known if each.meaning in SUMMED} - {SHOWN_BY_HEADER})}


_BOUND: Final[Json] = {
    "anyOf": [
        _integer(0, MAX_INTEGER),
        {"type": "string", "pattern": _DAY, "description": "a day in UTC: today, today-18y, today+30d, 2008-11-21"},
        {"enum": list(RISK_TIERS)},
    ]
}
_SET: Final[Json] = _list(_text(256), 1, MAX_SET, uniqueItems=True)
_ABOUT: Final = {"of": _OF, "attribute": _attributes(NEVER_DISCLOSED)}
_SUM: Final[Json] = _object(
    ("sum", "at_least"),
    sum=_list(
        _object(
            ("attribute",),
            of=_OF,
            attribute=_summed(),
            times={"anyOf": [{"type": "null"}, {**_integer(-MAX_INTEGER, MAX_INTEGER), "not": {"const": 0}}]},
        ),
        MIN_SUMMANDS,
        MAX_SUMMANDS,
        uniqueItems=True,
        description="a weighted sum of numbers and days that stay hidden, at most one credential of each type",
    ),
    at_least=_integer(-MAX_INTEGER, MAX_INTEGER),
)
_SCORE: Final = STANDING_1.attributes["score"]
_POSTERIOR: Final[Json] = _object(
    ("posterior", "score", "tangents"),
    posterior={
        "type": "object",
        "minProperties": 1,
        "maxProperties": MAX_STANDINGS,
        "propertyNames": {"pattern": _SLOT},
        "additionalProperties": _text(MAX_VENUE),
        "description": "standings, by the policy's own names for them, and the venue that each is of; distinct venues",
    },
    score=_integer(_SCORE.minimum + 1, _SCORE.maximum),
    tangents=_list(
        _object(
            ("alpha_milli", "beta_milli"),
            alpha_milli=_integer(LEAST_ALPHA, MAX_TANGENT),
            beta_milli=_integer(1, MAX_TANGENT),
        ),
        2,
        2,
        description="those of the tariff for this score",
    ),
)
_PREDICATE: Final[Json] = {
    "anyOf": [
        _object(("attribute", "at_least"), **_ABOUT, at_least=_BOUND),
        _object(("attribute", "at_most"), **_ABOUT, at_most=_BOUND),
        {**_object(("attribute", "in"), **_ABOUT, **{"in": _SET}), "description": "one of these"},
        {**_object(("attribute", "not_in"), **_ABOUT, not_in=_SET), "description": "none of these"},
        _SUM,
        _POSTERIOR,
    ]
}
_REVOCATION: Final[Json] = _object(("max_age_s",), of=_OF, max_age_s=_integer(60, 86_400))

SCHEMA: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:credence:policy:1",
        "title": "What a venue asks of a holder's credentials",
        **_object(
            ("name", "version", "credentials", "all_of", "tariff"),
            name={**_NAME, "description": "of the policy; a name and version never change what they mean"},
            version=_integer(1, _LARGEST),
            credentials={
                "type": "object",
                "minProperties": 1,
                "maxProperties": MAX_CREDENTIALS,
                "propertyNames": {"pattern": _SLOT},
                "additionalProperties": _object(
                    ("schema", "issuers"),
                    schema={"enum": sorted(SCHEMAS)},
                    issuers=_list(_text(256), 1, 16, uniqueItems=True),
                ),
                "description": "the credentials that are asked for, by a name of the policy's own; all are one holder's",
            },
            all_of=_list(_PREDICATE, 0, 64, description="what has to hold"),
            disclose=_or_null(
                _list(_object(("attribute",), of=_OF, attribute=_attributes(NEVER_DISCLOSED)), 0, 64, uniqueItems=True)
            ),
            not_revoked=_or_null({"anyOf": [_REVOCATION, _list(_REVOCATION, 1, MAX_CREDENTIALS)]}),
            pseudonym=_or_null(_object((), of=_OF, suffix=_or_null(_text(64, empty=True)))),
            rate_limit=_or_null(
                _object(("name", "per", "max"), of=_OF, name=_NAME, per={"enum": sorted(PERIODS)}, max=_integer(1, MAX_USES))
            ),
            escrow=_or_null(
                _object(
                    ("trustees", "key", "threshold", "members", "purpose"),
                    of=_OF,
                    trustees=_text(128),
                    key={"type": "string", "pattern": "^[A-Za-z0-9_-]{64}$", "description": "48 bytes, base64url"},
                    threshold=_integer(2, MAX_TRUSTEES),
                    members=_integer(2, MAX_TRUSTEES),
                    purpose=_text(256),
                )
            ),
            message=_or_null({"enum": ["optional", "required"]}),
            tariff=_NAME,
        ),
    }
)
"""A plain JSON object; see the module."""
