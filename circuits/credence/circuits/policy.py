"""What a verifier asks: a JSON document, read strictly, refused at load where it cannot mean what it says.

The standard surface proves by disclosure, so this release serves policies of one credential with ladder thresholds, an
``expires_on`` bound (through the disclosed expiry epoch), disclosures and a pseudonym. Everything else of the language is
recognised and refused as not yet supported, never ignored.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from credence.circuits.credential import EPOCH_DAYS, LADDERS, NEVER_DISCLOSED, Schema, schema
from credence.circuits.errors import IllFormed, Step
from credence.circuits.fields import Fields, Json, canonical_json

RISK_TIERS: Final = ("low", "standard", "enhanced")
"""Best first."""

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_SLOT: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")
_LATER: Final = ("not_revoked", "rate_limit", "escrow")


class PolicyError(IllFormed):
    """A policy that is refused at load; ``reason`` says why in words meant for its author."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, Step.CONTEXT)


@dataclass(frozen=True, slots=True)
class CredentialAsk:
    """A credential slot: its schema and the issuers accepted for it."""

    schema: Schema
    issuers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Threshold:
    """A ladder threshold, proven by disclosing one rung, which must be set."""

    slot: str
    attribute: str
    bound: str
    rung: str

    def words(self) -> str:
        """The predicate as people read it, and as an acceptance names it."""
        sign = "<=" if self.attribute == "risk_tier" else ">="
        return f"{self.slot}.{self.attribute} {sign} {self.bound}"


@dataclass(frozen=True, slots=True)
class Unexpired:
    """``expires_on`` at least today."""

    slot: str

    def words(self) -> str:
        """The predicate as people read it."""
        return f"{self.slot}.expires_on >= today"


Predicate = Threshold | Unexpired


@dataclass(frozen=True, slots=True)
class Policy:
    """A loaded policy. ``digest`` is the policy hash, SHA-256 over ``canonical``, the document's RFC 8785 form.

    Whatever it asks, a credential that has expired does not satisfy it.
    """

    name: str
    version: int
    credentials: Mapping[str, CredentialAsk]
    predicates: tuple[Predicate, ...]
    disclose: tuple[tuple[str, str], ...]
    pseudonym_suffix: str | None
    message_required: bool
    tariff: str
    canonical: bytes = field(repr=False)
    digest: bytes

    @property
    def document(self) -> Json:
        """The document as it was loaded: a new copy each time, so that whoever changes one changes nothing here."""
        document: Json = json.loads(self.canonical)
        return document

    @property
    def slot(self) -> str:
        """The one credential slot."""
        return next(iter(self.credentials))

    def disclosed_attributes(self) -> tuple[str, ...]:
        """The attributes a proof discloses, in the order of the signed vector: rungs asked for, and what is to be shown."""
        layout = self.credentials[self.slot].schema
        names = {predicate.rung for predicate in self.predicates if isinstance(predicate, Threshold)}
        for _, attribute in self.disclose:
            names.update(LADDERS.get(attribute, (attribute,)))
        return tuple(sorted(names, key=layout.index))


def load_policy(document: object) -> Policy:
    """Read a policy document.

    Raises :class:`~credence.circuits.errors.Malformed` for the wrong shape and :class:`PolicyError` for a policy that is
    impossible, says nothing, discloses what identifies, or asks for what this release does not prove.
    """
    fields = Fields(document, "policy")
    raw: dict[str, Any] = dict(document)  # type: ignore[call-overload]  # Fields has seen that it is a mapping
    name = fields.text("name", max_length=64)
    if not _NAME.fullmatch(name):
        raise PolicyError("a policy name is lower-case letters, digits and hyphens")
    version = fields.integer("version", minimum=1, maximum=1 << 31)
    credentials = _read_credentials(fields)
    slot = next(iter(credentials))
    layout = credentials[slot].schema
    predicates = fields.items("all_of", lambda item: _read_predicate(item, slot, layout), maximum=64)
    disclose: tuple[tuple[str, str], ...] = ()
    if fields.has("disclose"):
        disclose = fields.items("disclose", lambda item: _read_disclosure(item, slot, layout), maximum=64)
    _refuse_duplicates(predicates, disclose)
    suffix = None
    if fields.has("pseudonym"):
        inner = fields.nested("pseudonym")
        suffix = inner.text("suffix", max_length=64, empty_ok=True) if inner.has("suffix") else ""
        _check_of(inner, slot)
        inner.done()
    for later in _LATER:
        if fields.has(later):
            raise PolicyError(f"{later} is not yet supported")
    message = fields.choice("message", "optional", "required") if fields.has("message") else "optional"
    tariff = fields.text("tariff", max_length=64)
    if not _NAME.fullmatch(tariff):
        raise PolicyError("a tariff name is lower-case letters, digits and hyphens")
    fields.done()
    if not predicates and not disclose and suffix is None:
        raise PolicyError("the policy asks for nothing")
    canonical = canonical_json(raw)
    return Policy(
        name=name,
        version=version,
        credentials=credentials,
        predicates=predicates,
        disclose=disclose,
        pseudonym_suffix=suffix,
        message_required=message == "required",
        tariff=tariff,
        canonical=canonical,
        digest=hashlib.sha256(canonical).digest(),
    )


def _read_credentials(fields: Fields) -> Mapping[str, CredentialAsk]:
    asked = fields.nested("credentials")
    slots = asked.names()
    if len(slots) != 1:
        raise PolicyError(
            "a policy over several credentials is not yet supported" if slots else "no credential is asked for"
        )
    slot = slots[0]
    if not _SLOT.fullmatch(slot):
        raise PolicyError("a credential slot is named in lower-case letters")
    inner = asked.nested(slot, "credential slot")
    try:
        layout = schema(inner.text("schema", max_length=64))
    except IllFormed as error:
        raise PolicyError("the policy names an unknown schema") from error
    issuers = inner.texts("issuers", minimum=1, maximum=16)
    inner.done()
    return MappingProxyType({slot: CredentialAsk(layout, issuers)})


def _check_of(fields: Fields, slot: str) -> None:
    if fields.has("of") and fields.text("of", max_length=32) != slot:
        raise PolicyError("the policy refers to a credential that it does not ask for")


def _read_predicate(item: object, slot: str, layout: Schema) -> Predicate:
    fields = Fields(item, "predicate")
    _check_of(fields, slot)
    attribute = fields.text("attribute", max_length=64)
    relations = fields.names()
    if len(relations) != 1 or relations[0] not in ("at_least", "at_most", "in", "not_in"):
        raise PolicyError("a predicate has one of at_least, at_most, in, not_in")
    relation = relations[0]
    if attribute == "kyc_level" and relation == "at_least" and attribute_ladder(layout, attribute):
        rungs = LADDERS[attribute]
        level = fields.integer(relation, maximum=1 << 31)
        if level == 0:
            raise PolicyError("kyc_level at_least 0 says nothing")
        if level > len(rungs):
            raise PolicyError("kyc_level has no such rung")
        return Threshold(slot, attribute, str(level), rungs[level - 1])
    if attribute == "risk_tier" and relation == "at_most" and attribute_ladder(layout, attribute):
        bound = fields.text(relation, max_length=16)
        if bound not in RISK_TIERS:
            raise PolicyError("risk_tier is low, standard or enhanced")
        if bound == "enhanced":
            raise PolicyError("risk_tier at_most enhanced says nothing")
        return Threshold(slot, attribute, bound, f"risk_le_{bound}")
    if attribute == "expires_on" and relation == "at_least":
        if fields.text(relation, max_length=32) != "today":
            raise PolicyError("expires_on other than at_least today is not yet supported")
        return Unexpired(slot)
    if attribute not in layout.attributes and attribute not in LADDERS:
        raise PolicyError("the policy names an attribute that the schema does not have")
    raise PolicyError(f"{attribute} {relation} is not yet supported")


def attribute_ladder(layout: Schema, ladder: str) -> bool:
    """Whether the schema carries that ladder's rungs."""
    return all(rung in layout.attributes for rung in LADDERS.get(ladder, ("",)))


def _read_disclosure(item: object, slot: str, layout: Schema) -> tuple[str, str]:
    fields = Fields(item, "disclosure")
    _check_of(fields, slot)
    attribute = fields.text("attribute", max_length=64)
    fields.done()
    if attribute in NEVER_DISCLOSED:
        raise PolicyError("the policy discloses an attribute that identifies a credential")
    if attribute not in layout.attributes and not attribute_ladder(layout, attribute):
        raise PolicyError("the policy names an attribute that the schema does not have")
    return slot, attribute


def _refuse_duplicates(predicates: tuple[Predicate, ...], disclose: tuple[tuple[str, str], ...]) -> None:
    asked = [(type(p), getattr(p, "attribute", "expires_on")) for p in predicates]
    if len(set(asked)) != len(asked) or len(set(disclose)) != len(disclose):
        raise PolicyError("the policy asks for the same thing twice")


def explain(policy: Policy) -> tuple[str, ...]:
    """The policy in plain words, one statement an item, for holders and for the venue's own page."""
    ask = policy.credentials[policy.slot]
    lines = [f"A credential of type {ask.schema.id} issued by {' or '.join(ask.issuers)}."]
    shown = set(policy.disclosed_attributes())
    for predicate in policy.predicates:
        match predicate:
            case Threshold(attribute="kyc_level", bound=level):
                lines.append(f"Your verification level is at least {level}{_how_exact(predicate, shown)}.")
            case Threshold(bound=tier):
                lines.append(f"Your risk tier is {tier} or better{_how_exact(predicate, shown)}.")
            case Unexpired():
                lines.append("Your credential has not expired.")
    for _, attribute in policy.disclose:
        lines.append(f"Revealed: {_RUNG_WORDS.get(attribute) or attribute.replace('_', ' ')}.")
    if policy.pseudonym_suffix is None:
        lines.append("No pseudonym: only what is revealed could connect two visits.")
    else:
        lines.append("A pseudonym that only this venue sees, the same at each visit.")
    lines.append(f"Always revealed: the issuer, which of its keys signed, and the expiry to within {EPOCH_DAYS} days.")
    lines.append("Nothing else is revealed.")
    return tuple(lines)


_RUNG_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {f"kyc_ge_{level}": f"whether your verification level is at least {level}" for level in (1, 2, 3)}
    | {f"risk_le_{tier}": f"whether your risk tier is {tier} or better" for tier in RISK_TIERS[:2]}
)


def _how_exact(threshold: Threshold, shown: set[str]) -> str:
    """What the venue learns of the ladder beyond the threshold: all of it at the top rung, nothing from one rung alone."""
    rungs = LADDERS[threshold.attribute]
    if threshold.rung == rungs[-1]:
        return ", which is the best there is"
    return "; nothing more exact" if shown.isdisjoint(set(rungs) - {threshold.rung}) else ""
