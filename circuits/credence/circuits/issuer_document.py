"""The issuer's document: what an issuer publishes of itself, and what the ledger holds the digest of.

Read strictly, as everything that crosses a wire. Whether one document continues another is
:mod:`credence.circuits.succession`'s to say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Self

from credence.circuits.bbs.key_possession import POSSESSION_LENGTH, check_possession
from credence.circuits.curve import G2_LENGTH, Curve
from credence.circuits.encoding import b64u, b64u_decode, lp
from credence.circuits.errors import Malformed, Refused, Step
from credence.circuits.fields import Fields, json_digest
from credence.circuits.hashing import Label, sha256_labelled
from credence.circuits.revocation_log import AccumulatorKey

SUITES: Final = ("bls12-381-sha-256", "bls12-381-shake-256")

MAX_LIVE: Final = 2
"""Keys of a document that credentials may be made with: more would tell their holders apart."""

MAX_KEYS: Final = 64
"""Keys of a document, retired ones included: one a month for five years, after which none is accepted."""

MAX_PREVIOUS: Final = 64
"""Documents of before that a document names."""

MAX_AHEAD: Final = 120
"""Seconds that an issuer's clock may be ahead of a reader's: what was just now is not to come."""

_MAX_KEYS_BEFORE: Final = 16
_DIGEST_LENGTH: Final = 32
_ID: Final = 128
_DOCUMENTS: Final = ("credence/issuer-document/1", "credence/issuer-document/2", "credence/issuer-document/3")


@dataclass(frozen=True, slots=True)
class IssuerKey:
    """One issuing key: 96-byte public key, accepted from ``not_before`` to ``not_after``, its last second.

    ``possession`` is the 64-byte proof that its secret is known; empty in documents before version 3. ``retired`` is when
    the issuer ended it (unix seconds): from then on nothing under it is accepted.
    """

    key_id: str
    suite: str
    public_key: bytes
    not_before: int
    not_after: int
    possession: bytes = b""
    retired: int | None = None

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read one key."""
        fields = Fields(value, "issuer key")
        key = cls(
            key_id=fields.text("key_id", max_length=_ID),
            suite=fields.choice("suite", *SUITES),
            public_key=fields.binary("public_key", length=G2_LENGTH),
            not_before=fields.integer("not_before"),
            not_after=fields.integer("not_after"),
            possession=fields.binary("possession", length=POSSESSION_LENGTH) if fields.has("possession") else b"",
            retired=fields.integer("retired", minimum=1) if fields.has("retired") else None,
        )
        fields.done()
        if key.retired is not None and (not key.possession or key.not_after >= key.retired):
            raise Malformed("a key is accepted after it was retired", Step.SHAPE)
        return key

    def to_json(self) -> dict[str, Any]:
        """The accepted form."""
        return {
            "key_id": self.key_id,
            "suite": self.suite,
            "public_key": b64u(self.public_key),
            "not_before": self.not_before,
            "not_after": self.not_after,
            **({"possession": b64u(self.possession), "retired": self.retired} if self.possession else {}),
        }

    def check_possession(self, curve: Curve) -> None:
        """Returns iff somebody knew the secret of this key, under this id and suite. Raises :class:`Malformed` for none and
        for what encodes none, :class:`Refused` for another's."""
        check_possession(curve, self.public_key, self.possession, possession_about(self.suite, self.key_id))


def possession_about(suite: str, key_id: str) -> bytes:
    """What a key's proof of possession is bound to: its suite and its id."""
    return lp(suite.encode()) + lp(key_id.encode())


@dataclass(frozen=True, slots=True)
class IssuerDocument:
    """What an issuer publishes; its digest is in the ledger, so a key made for one person does not pass for the issuer's.

    ``accumulators`` are at most one for each schema. ``previous`` are the digests (32 bytes each) of the documents that this
    one continues, newest first. A document of version 3 proves possession of every key and has at most two that are not
    retired; one with accumulators and without proofs is of version 2, one with neither of version 1, so that every document
    keeps its digest.
    """

    issuer: str
    schemas: tuple[str, ...]
    keys: tuple[IssuerKey, ...]
    log_vkey: str
    accumulators: tuple[AccumulatorKey, ...] = ()
    previous: tuple[bytes, ...] = ()

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read a document. Key ids are distinct, keys too, and so are the accumulators' schemas, which are the document's.

        A key of two ids would be two keys to who counts by ids, and one to who verifies.
        """
        fields = Fields(value, "issuer document")
        version = 1 + _DOCUMENTS.index(fields.choice("type", *_DOCUMENTS))
        newest = version == len(_DOCUMENTS)
        accumulated = version > 1 and (not newest or fields.has("accumulators"))
        document = cls(
            issuer=fields.text("issuer", max_length=_ID),
            schemas=fields.texts("schemas", minimum=1, maximum=16),
            keys=fields.items("keys", IssuerKey.parse, minimum=1, maximum=MAX_KEYS if newest else _MAX_KEYS_BEFORE),
            log_vkey=fields.text("log_vkey", max_length=512),
            accumulators=fields.items("accumulators", AccumulatorKey.parse, minimum=1, maximum=16) if accumulated else (),
            previous=fields.items("previous", _digest, maximum=MAX_PREVIOUS) if newest else (),
        )
        fields.done()
        document._check_keys(proven=newest)
        if len(set(document.previous)) != len(document.previous):
            raise Malformed("a document of before is named twice", Step.SHAPE)
        schemas = [key.schema for key in document.accumulators]
        if len(set(schemas)) != len(schemas) or not set(schemas) <= set(document.schemas):
            raise Malformed("an accumulator is of another schema, or of one that has one", Step.SHAPE)
        return document

    def _check_keys(self, *, proven: bool) -> None:
        if len({key.key_id for key in self.keys}) != len(self.keys):
            raise Malformed("a key id stands twice", Step.SHAPE)
        if len({key.public_key for key in self.keys}) != len(self.keys):
            raise Malformed("a public key stands twice", Step.SHAPE)
        if any(bool(key.possession) is not proven for key in self.keys):
            raise Malformed("a key comes with a proof of possession in version 3, and in no other", Step.SHAPE)
        if proven and len(self.live()) > MAX_LIVE:
            raise Malformed("more than two keys are not retired", Step.SHAPE)

    def to_json(self) -> dict[str, Any]:
        """The accepted form."""
        proven = any(key.possession for key in self.keys)
        return {
            "type": _DOCUMENTS[2 if proven else bool(self.accumulators)],
            "issuer": self.issuer,
            "schemas": list(self.schemas),
            "keys": [key.to_json() for key in self.keys],
            "log_vkey": self.log_vkey,
            **({"accumulators": [key.to_json() for key in self.accumulators]} if self.accumulators else {}),
            **({"previous": [b64u(digest) for digest in self.previous]} if proven else {}),
        }

    def digest(self) -> bytes:
        """SHA-256 of the canonical form, 32 bytes: by it two people compare what they were shown."""
        return json_digest(self.to_json())

    def leaf(self) -> bytes:
        """The document's leaf in the ledger, 32 bytes. Not salted: the document is public."""
        return sha256_labelled(Label.ISSUER_DOCUMENT, self.digest())

    def live(self) -> tuple[IssuerKey, ...]:
        """The keys that are not retired, in the document's order."""
        return tuple(key for key in self.keys if key.retired is None)

    def check_live(self, now: int) -> None:
        """Returns iff at most two keys are accepted at ``now`` or later, and none ends at a time to come, but for
        ``MAX_AHEAD`` seconds. Raises :class:`Refused`. What is said of a retirement to come would make a live key of one."""
        latest = now + MAX_AHEAD
        if any(key.retired is not None and key.retired > latest for key in self.keys):
            raise Refused("a key is to be retired at a time to come", Step.CONTEXT)
        if sum(key.not_after >= latest for key in self.keys) > MAX_LIVE:
            raise Refused("more than two keys are accepted", Step.CONTEXT)

    def is_proven(self) -> bool:
        """Whether it proves possession of its keys, as documents of version 3 do."""
        return all(key.possession for key in self.keys)

    def key_at(self, key_id: str, now: int) -> IssuerKey:
        """The key of that id. Raises :class:`Refused` for an unknown key and for one that is outside its time at ``now``."""
        for key in self.keys:
            ended = key.retired is not None and key.retired <= now
            if key.key_id == key_id and key.not_before <= now <= key.not_after and not ended:
                return key
        raise Refused("not_accepted", Step.CONTEXT)

    def accumulator_of(self, schema: str) -> AccumulatorKey | None:
        """The accumulator of a schema's credentials; None where they cannot be revoked."""
        return next((key for key in self.accumulators if key.schema == schema), None)


def _digest(value: object) -> bytes:
    digest = b64u_decode(value, max_length=2 * _DIGEST_LENGTH) if isinstance(value, str) else b""
    if len(digest) != _DIGEST_LENGTH:
        raise Malformed("a digest has 32 bytes", Step.SHAPE)
    return digest
