"""A policy's document becomes a :class:`Policy`, or is refused with a reason for its author."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from credence.circuits import curve as curves
from credence.circuits.credential import NEVER_DISCLOSED, schema
from credence.circuits.curve import G1_LENGTH
from credence.circuits.errors import IllFormed, Malformed, Step
from credence.circuits.escrow import decode_escrow_key
from credence.circuits.fields import Fields, canonical_json
from credence.circuits.policy.language import (
    MAX_ACCUMULATORS,
    PERIODS,
    CredentialAsk,
    EscrowAsk,
    LimitAsk,
    Policy,
    PolicyError,
    RevocationAsk,
)
from credence.circuits.policy.predicates import Comparison, Membership, Posterior, Predicate, Threshold, WeightedSum
from credence.circuits.policy.terms import has_ladder, read_predicate, slot_of
from credence.circuits.ratelimit import MAX_USES

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_SLOT: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")
MAX_CREDENTIALS: Final = 8
MAX_TRUSTEES: Final = 64
MAX_LISTED: Final = 4_096
"""Values that all sets of a policy list together: each is hashed or looked up by whoever reads the policy."""


def load_policy(document: object) -> Policy:
    """Read a policy document.

    Raises :class:`~credence.circuits.errors.Malformed` for the wrong shape and :class:`PolicyError` for a policy that is
    impossible, says nothing, asks twice or discloses what identifies. What depends on the day is refused by ``resolve``.
    """
    fields = Fields(document, "policy")
    raw: dict[str, Any] = dict(document)  # type: ignore[call-overload]  # Fields has seen that it is a mapping
    name = _named(fields, "name", "a policy name")
    version = fields.integer("version", minimum=1, maximum=1 << 31)
    asks = _read_credentials(fields)
    _refuse_long_lists(raw.get("all_of"))
    predicates = fields.items("all_of", lambda item: read_predicate(item, asks), maximum=64)
    disclose: tuple[tuple[str, str], ...] = ()
    if fields.has("disclose"):
        disclose = fields.items("disclose", lambda item: _read_disclosure(item, asks), maximum=64)
    _refuse_duplicates(predicates, disclose)
    _refuse_closing_sums(predicates, asks)
    pseudonym_slot, suffix = _read_pseudonym(fields, asks)
    not_revoked = _read_revocation(fields, raw, asks)
    rate_limit, escrow = _read_limit(fields, asks), _read_escrow(fields, asks)
    message = fields.choice("message", "optional", "required") if fields.has("message") else "optional"
    tariff = _named(fields, "tariff", "a tariff name")
    fields.done()
    if not predicates and not disclose and suffix is None:
        raise PolicyError("the policy asks for nothing")
    canonical = canonical_json(raw)
    policy = Policy(
        name=name,
        version=version,
        credentials=asks,
        predicates=predicates,
        disclose=disclose,
        not_revoked=not_revoked,
        pseudonym_slot=pseudonym_slot,
        pseudonym_suffix=suffix,
        rate_limit=rate_limit,
        escrow=escrow,
        message_required=message == "required",
        tariff=tariff,
        canonical=canonical,
        digest=hashlib.sha256(canonical).digest(),
    )
    if len(policy.accumulated) > MAX_ACCUMULATORS:
        raise PolicyError("not_revoked is about at most eight issuers and types of credentials")
    return policy


Asks = Mapping[str, CredentialAsk]


def _named(fields: Fields, key: str, what: str) -> str:
    name = fields.text(key, max_length=64)
    if not _NAME.fullmatch(name):
        raise PolicyError(f"{what} is lower-case letters, digits and hyphens")
    return name


def _read_credentials(fields: Fields) -> Asks:
    asked = fields.nested("credentials")
    slots = sorted(asked.names())
    if not slots:
        raise PolicyError("no credential is asked for")
    if len(slots) > MAX_CREDENTIALS:
        raise PolicyError("a policy is over at most eight credentials")
    asks = {}
    for slot in slots:
        if not _SLOT.fullmatch(slot):
            raise PolicyError("a credential slot is named in lower-case letters")
        inner = asked.nested(slot, "credential slot")
        try:
            layout = schema(inner.text("schema", max_length=64))
        except IllFormed as error:
            raise PolicyError("the policy names an unknown schema") from error
        asks[slot] = CredentialAsk(layout, inner.texts("issuers", minimum=1, maximum=16))
        inner.done()
    if not set.intersection(*(set(ask.issuers) for ask in asks.values())):
        raise PolicyError("no issuer is accepted for all credentials: a holder's secrets are those of one issuer")
    return MappingProxyType(asks)


def _refuse_long_lists(all_of: object) -> None:
    """Counts before anything is read. What is no list of predicates is refused where it is."""
    items = [item for item in all_of if isinstance(item, Mapping)] if isinstance(all_of, list) else []
    lists = [item.get(relation) for item in items for relation in ("in", "not_in")]
    if sum(len(values) for values in lists if isinstance(values, list)) > MAX_LISTED:
        raise PolicyError(f"the sets of a policy list at most {MAX_LISTED:,} values together")


def _read_disclosure(item: object, asks: Asks) -> tuple[str, str]:
    fields = Fields(item, "disclosure")
    slot = slot_of(fields, asks)
    attribute = fields.text("attribute", max_length=64)
    fields.done()
    if attribute in NEVER_DISCLOSED:
        raise PolicyError("the policy discloses an attribute that identifies a credential")
    if attribute not in asks[slot].schema.attributes and not has_ladder(asks[slot].schema, attribute):
        raise PolicyError("the policy names an attribute that the schema does not have")
    return slot, attribute


def _refuse_duplicates(predicates: tuple[Predicate, ...], disclose: tuple[tuple[str, str], ...]) -> None:
    asked: list[object] = []
    for predicate in predicates:
        match predicate:
            case Threshold(slot, attribute):
                asked.append((slot, attribute))
            case Comparison(slot, attribute, relation) | Membership(slot, attribute, relation):
                asked.append((slot, attribute, relation))
            case _:
                asked.append(predicate)
    if len(set(asked)) != len(asked) or len(set(disclose)) != len(disclose):
        raise PolicyError("the policy asks for the same thing twice")


def _refuse_closing_sums(predicates: tuple[Predicate, ...], asks: Asks) -> None:
    """Two half-spaces close on a value, so an attribute of a sum stands in no other one, and has no bound on its other side.

    How far apart the two are depends on the sum's other values, which a venue may know. Slots of one type may hold one
    credential, but not those of a posterior bound, which is two sums that leave one side open alike.
    """
    posteriors = [predicate for predicate in predicates if isinstance(predicate, Posterior)]
    if len(posteriors) > 1:
        raise PolicyError("a policy has one posterior bound at most")
    sums = [predicate for predicate in predicates if isinstance(predicate, WeightedSum)]
    summed = [((asks[slot].schema.id, name), times) for total in sums for times, slot, name in total.summands]
    for bound in posteriors:
        summed += {((asks[slot].schema.id, name), times) for times, slot, name in bound.lines[0].summands}
    if len(dict(summed)) != len(summed):
        raise PolicyError("an attribute stands in two sums, which together could say what it is")
    comparisons = [predicate for predicate in predicates if isinstance(predicate, Comparison)]
    bounded = {(asks[each.slot].schema.id, each.attribute, each.relation) for each in comparisons}
    if any((*place, "at_most" if times > 0 else "at_least") in bounded for place, times in summed):
        raise PolicyError("an attribute of a sum is bounded on its other side, which together could say what it is")


def _read_pseudonym(fields: Fields, asks: Asks) -> tuple[str | None, str | None]:
    if not fields.has("pseudonym"):
        return None, None
    inner = fields.nested("pseudonym")
    suffix = inner.text("suffix", max_length=64, empty_ok=True) if inner.has("suffix") else ""
    slot = slot_of(inner, asks)
    inner.done()
    return slot, suffix


def _read_revocation(fields: Fields, raw: Mapping[str, Any], asks: Asks) -> tuple[RevocationAsk, ...]:
    """One object, or a list of them for several credentials."""
    if not fields.has("not_revoked"):
        return ()
    if not isinstance(raw["not_revoked"], list):
        return (_read_one_revocation(fields.raw_object("not_revoked"), asks),)
    found = fields.items("not_revoked", lambda item: _read_one_revocation(item, asks), minimum=1, maximum=MAX_CREDENTIALS)
    if len({ask.slot for ask in found}) != len(found):
        raise PolicyError("the policy asks for the same thing twice")
    return tuple(sorted(found, key=lambda ask: ask.slot))


def _read_one_revocation(item: object, asks: Asks) -> RevocationAsk:
    fields = Fields(item, "not_revoked")
    ask = RevocationAsk(slot_of(fields, asks), fields.integer("max_age_s", minimum=60, maximum=86_400))
    fields.done()
    return ask


def _read_limit(fields: Fields, asks: Asks) -> LimitAsk | None:
    if not fields.has("rate_limit"):
        return None
    inner = fields.nested("rate_limit")
    ask = LimitAsk(
        slot=slot_of(inner, asks),
        name=_named(inner, "name", "a rate limit's name"),
        per=inner.choice("per", *PERIODS),
        uses=inner.integer("max", minimum=1, maximum=MAX_USES),
    )
    inner.done()
    return ask


def _read_escrow(fields: Fields, asks: Asks) -> EscrowAsk | None:
    if not fields.has("escrow"):
        return None
    inner = fields.nested("escrow")
    ask = EscrowAsk(
        slot=slot_of(inner, asks),
        trustees=inner.text("trustees", max_length=128),
        key=inner.binary("key", length=G1_LENGTH),
        threshold=inner.integer("threshold", minimum=1, maximum=MAX_TRUSTEES),
        members=inner.integer("members", minimum=1, maximum=MAX_TRUSTEES),
        purpose=inner.text("purpose", max_length=256),
    )
    inner.done()
    if not 2 <= ask.threshold <= ask.members:
        raise PolicyError("an escrow is opened by at least two of its trustees")
    if "subject_handle" not in asks[ask.slot].schema.attributes:
        raise PolicyError("an escrow is of a credential that has a subject")
    try:
        decode_escrow_key(curves.load(), ask.key)
    except Malformed as error:
        raise PolicyError("the escrow's key is no point that anything can be sealed to", Step.DECODE) from error
    return ask
