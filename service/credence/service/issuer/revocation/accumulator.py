"""Which accumulators the issuer has. They follow from the keyring, so that every process publishes the same ones."""

from __future__ import annotations

from typing import Final

from credence.circuits.credential import DAY_SECONDS, MAX_DAY, PERSON_1
from credence.circuits.revocation_log import AccumulatorKey, accumulator_id
from credence.service.keys.accumulating import AccumulatorKeys

ACCUMULATED: Final = (PERSON_1.id,)
"""The schemas whose credentials can be revoked."""

_END: Final = MAX_DAY * DAY_SECONDS + DAY_SECONDS - 1
"""An accumulator is never replaced: it ends with the last day that a credential can name."""


def accumulator_key(issuer: str, keys: AccumulatorKeys, schema: str) -> AccumulatorKey:
    """What is published of a schema's accumulator."""
    found = keys.public(schema)
    first_value = found.first_value.to_bytes()
    return AccumulatorKey(
        accumulator_id=accumulator_id(issuer, schema, found.public_key, first_value),
        schema=schema,
        public_key=found.public_key,
        first_value=first_value,
        not_before=found.version.created,
        not_after=_END,
    )


def accumulator_keys(issuer: str, keys: AccumulatorKeys) -> tuple[AccumulatorKey, ...]:
    """Every accumulator, as the issuer's document has them."""
    return tuple(accumulator_key(issuer, keys, schema) for schema in ACCUMULATED)
