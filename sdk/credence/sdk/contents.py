"""What a vault holds: the root secret from which the holder's secrets follow, and the credentials.

The same root brings the same secrets, and towards the same issuer the same commitment: a claim that was interrupted can be
made again, by a wallet restored from its root too, and an issuer recognises a returning holder without learning a secret.

An issuer that could change its halves at will would know by how much a pseudonym moves, and find its holder among the
pseudonyms of a venue that helps it. So the holder's halves are another issuer's alone, and the first halves and the first
document of every issuer are remembered here. A root does not carry that memory: see docs/threats.md. Neither does it carry
which uses were made of rate limits: a wallet that is restored does not know.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final, Self

from credence.circuits.bbs.suite import Interface
from credence.circuits.credential import PERSON_1, Schema
from credence.circuits.curve import ORDER
from credence.circuits.encoding import Rng, b64u, random_scalar, u64le
from credence.circuits.errors import CircuitError, Malformed
from credence.circuits.fields import Fields
from credence.circuits.hashing import Label, hmac_labelled
from credence.circuits.issuance import CredentialRequest, HeldCredential, HolderSecrets, request_credential
from credence.circuits.verifier_rules import VerifierRules
from credence.circuits.wire import IssuerDocument
from credence.sdk.errors import CheckpointInvalid, VaultTampered, WalletError
from credence.sdk.following import Seen
from credence.sdk.uses import Uses

ROOT_LENGTH: Final = 32
MAX_CREDENTIALS: Final = 256
MAX_ISSUERS: Final = 64
MAX_VERIFIERS: Final = 256
"""Verifiers whose rules are remembered."""


@dataclass(frozen=True, slots=True)
class RootSecret:
    """32 uniform bytes. Raises :class:`WalletError` for another length."""

    value: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.value) != ROOT_LENGTH:
            raise WalletError(f"A root secret has {ROOT_LENGTH} bytes.")

    def stream(self, *purpose: bytes) -> Rng:
        """Bytes without end that are the same for the same purpose, and tell nothing about those of another."""
        left, counter = b"", 0

        def take(count: int) -> bytes:
            nonlocal left, counter
            while len(left) < count:
                left += hmac_labelled(self.value, Label.WALLET_SECRET, *purpose, u64le(counter))
                counter += 1
            taken, left = left[:count], left[count:]
            return taken

        return take

    def holder_secrets(self, issuer: str) -> HolderSecrets:
        """The holder's halves towards one issuer.

        ``holder_secret`` is one for all issuers and schemas, so that credentials can be shown to have one holder; the halves
        that an issuer adds to are its own, so that what one issuer adds says nothing about a pseudonym under another.
        """
        name = issuer.encode()
        return HolderSecrets(
            holder_secret=random_scalar(self.stream(b"holder", b"holder_secret")),
            nym_secret=random_scalar(self.stream(b"holder", b"nym_secret", name)),
            use_key=random_scalar(self.stream(b"holder", b"use_key", name)),
        )

    def commit(self, interface: Interface, layout: Schema, issuer: str, rng: Rng) -> CredentialRequest:
        """The commitment towards one issuer: always the same point, by which a repeated claim is known; a fresh proof."""
        purpose = (b"blind", interface.suite.id, interface.api_id, layout.id.encode(), issuer.encode())
        blind = random_scalar(self.stream(*purpose))
        return request_credential(interface, layout, self.holder_secrets(issuer), rng, blind=blind)


@dataclass(frozen=True, slots=True)
class KnownIssuer:
    """What a wallet remembers of an issuer: its document's digest (32 bytes), the halves it added, and at which reset.

    ``shown`` is the document itself, which the next one has to continue; None in vaults of before.
    """

    document: bytes
    nym: int = field(repr=False)
    use: int = field(repr=False)
    resets: int = 0
    shown: IssuerDocument | None = None

    def to_json(self, issuer: str) -> dict[str, Any]:
        """The form a vault keeps. Secret."""
        halves = {"nym": str(self.nym), "use": str(self.use)}
        shown = {} if self.shown is None else {"shown": self.shown.to_json()}
        return {"issuer": issuer, "document": b64u(self.document), **halves, "resets": self.resets, **shown}

    @classmethod
    def parse(cls, value: object) -> tuple[str, Self]:
        """The issuer's name and what is remembered of it. Raises :class:`Malformed`."""
        fields = Fields(value, "known issuer")
        name = fields.text("issuer", max_length=128)
        known = cls(
            document=fields.binary("document", length=32),
            nym=fields.scalar("nym"),
            use=fields.scalar("use"),
            resets=fields.integer("resets"),
            shown=IssuerDocument.parse(fields.raw_object("shown")) if fields.has("shown") else None,
        )
        fields.done()
        if known.shown is not None and known.shown.digest() != known.document:
            raise Malformed("the issuer's document is not the one that was seen")
        if known.nym >= ORDER or known.use >= ORDER:
            raise Malformed("the issuer's halves are no scalars")
        return name, known


@dataclass(frozen=True, slots=True)
class Contents:
    """Everything that is sealed. ``issuers`` by name, ``logs`` (the newest checkpoint seen of each) by verifier key.

    ``uses`` are those that were taken of venues' rate limits. ``verified`` is when an issuer said that it saw evidence last
    (unix seconds), by issuer and attestation. ``verifiers`` has the newest rules seen of each verifier by its id, or the
    digest (32 bytes) of those that the holder accepted.
    """

    root: RootSecret
    credentials: tuple[HeldCredential, ...] = ()
    issuers: Mapping[str, KnownIssuer] = field(default_factory=dict)
    logs: Mapping[str, Seen] = field(default_factory=dict)
    uses: Uses = field(default_factory=Uses)
    verified: Mapping[tuple[str, str], int] = field(default_factory=dict)
    verifiers: Mapping[str, VerifierRules | bytes] = field(default_factory=dict)

    def with_credential(self, credential: HeldCredential, known: KnownIssuer) -> Contents:
        """The contents with one more credential, which replaces an earlier copy of the same issuer's same attestation.

        A person has one live credential of an issuer, which revokes the one before when it gives another: that goes too.
        ``known`` is what is remembered of its issuer from now on. Raises :class:`WalletError` where there are too many.
        """
        others = (held for held in self.credentials if not _takes_the_place(credential, held))
        credentials, issuers = (*others, credential), {**self.issuers, credential.issuer: known}
        if len(credentials) > MAX_CREDENTIALS or len(issuers) > MAX_ISSUERS:
            raise WalletError(f"A wallet holds at most {MAX_CREDENTIALS} credentials of {MAX_ISSUERS} issuers.")
        return replace(self, credentials=credentials, issuers=MappingProxyType(issuers))

    def with_standing(self, standing: HeldCredential, document: IssuerDocument, today: int) -> Contents:
        """The contents with one more standing, which replaces the same venue's of the same day, and without what expired.

        Several of one venue are kept, since a policy may ask for standings of one day; none counts on more than two.
        ``document`` is what its issuer shows now. Raises :class:`WalletError` where there are too many.
        """
        others = (held for held in self.credentials if not _is_replaced(standing, held, today))
        credentials, known = (*others, standing), self.issuers.get(standing.issuer)
        if len(credentials) > MAX_CREDENTIALS:
            raise WalletError(f"A wallet holds at most {MAX_CREDENTIALS} credentials.")
        issuers = dict(self.issuers)
        if known is not None:
            issuers[standing.issuer] = replace(known, document=document.digest(), shown=document)
        return replace(self, credentials=credentials, issuers=MappingProxyType(issuers))

    def with_followed(self, followed: Iterable[HeldCredential]) -> Contents:
        """The contents with these of its credentials as they are now: their witness, and whether they are revoked.

        Known again by their signatures: an issuer may name several alike, and would see by what is lost who has them.
        """
        now = {held.signature: held for held in followed}
        credentials = tuple(now.get(held.signature, held) for held in self.credentials)
        return replace(self, credentials=credentials)

    def with_log(self, seen: Seen) -> Contents:
        """The contents with a log's newest checkpoint."""
        return replace(self, logs=MappingProxyType({**self.logs, seen.vkey: seen}))

    def with_verified(self, issuer: str, attestation_id: str, at: int) -> Contents:
        """The contents with when an issuer saw evidence for one of its credentials."""
        names = {(held.issuer, held.attestation_id) for held in self.credentials}
        verified = {name: seen for name, seen in self.verified.items() if name in names}
        return replace(self, verified=MappingProxyType({**verified, (issuer, attestation_id): at}))

    def with_rules(self, verifier: str, rules: VerifierRules | bytes) -> Contents:
        """The contents with a verifier's newest rules. Raises :class:`WalletError` where there are too many verifiers."""
        verifiers = {**self.verifiers, verifier: rules}
        if len(verifiers) > MAX_VERIFIERS:
            raise WalletError(f"A wallet remembers at most {MAX_VERIFIERS} verifiers.")
        return replace(self, verifiers=MappingProxyType(verifiers))

    def with_uses(self, uses: Uses) -> Contents:
        """The contents with these uses taken."""
        return replace(self, uses=uses)

    def encode(self) -> bytes:
        """The bytes to seal."""
        document = {
            "type": "credence/vault/1",
            "root": b64u(self.root.value),
            "credentials": [credential.to_json() for credential in self.credentials],
            "issuers": [known.to_json(name) for name, known in self.issuers.items()],
            "logs": [seen.to_json() for seen in self.logs.values()],
            "uses": self.uses.to_json(),
            **({"verified": [[*name, at] for name, at in self.verified.items()]} if self.verified else {}),
            **({"verifiers": [_rules_json(*known) for known in self.verifiers.items()]} if self.verifiers else {}),
        }
        return json.dumps(document, separators=(",", ":")).encode()

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """The inverse of :meth:`encode`. Raises :class:`VaultTampered` for anything else."""
        try:
            fields = Fields(json.loads(data), "vault")
            fields.choice("type", "credence/vault/1")
            root = RootSecret(fields.binary("root", length=ROOT_LENGTH))
            credentials = fields.items("credentials", HeldCredential.parse, maximum=MAX_CREDENTIALS)
            issuers = dict(fields.items("issuers", KnownIssuer.parse, maximum=MAX_ISSUERS))
            logs = {seen.vkey: seen for seen in fields.items("logs", Seen.parse, maximum=MAX_ISSUERS)}
            # vaults of before have none
            uses = Uses.parse(fields.raw_object("uses")) if fields.has("uses") else Uses()
            verified: dict[tuple[str, str], int] = {}
            if fields.has("verified"):
                verified.update(fields.items("verified", _verified, maximum=MAX_CREDENTIALS))
            verifiers: dict[str, VerifierRules | bytes] = {}
            if fields.has("verifiers"):
                verifiers.update(fields.items("verifiers", _rules, maximum=MAX_VERIFIERS))
            fields.done()
        except (CircuitError, CheckpointInvalid, ValueError, RecursionError) as error:
            raise VaultTampered("The vault holds something that this version cannot read.") from error
        by_name = MappingProxyType(issuers), MappingProxyType(logs)
        return cls(root, credentials, *by_name, uses, MappingProxyType(verified), MappingProxyType(verifiers))


def _is_replaced(new: HeldCredential, old: HeldCredential, today: int) -> bool:
    """Of standings alone: a person's credential that has expired is still what its holder has to renew."""
    if old.schema != new.schema:
        return False
    same = all(new.attributes[name] == old.attributes[name] for name in ("venue", "as_of"))
    return old.attributes["expires_on"] < today or (same and old.issuer == new.issuer and old.secrets == new.secrets)


def _takes_the_place(new: HeldCredential, old: HeldCredential) -> bool:
    if (new.issuer, new.schema.id) != (old.issuer, old.schema.id):
        return False
    return new.attestation_id == old.attestation_id or new.schema.id == PERSON_1.id


def _verified(value: object) -> tuple[tuple[str, str], int]:
    match value:
        case [str(issuer), str(attestation_id), int(at)] if at >= 0:
            return (issuer, attestation_id), at
        case _:
            raise Malformed("when evidence was seen is an issuer, an attestation and a time")


def _rules_json(verifier: str, known: VerifierRules | bytes) -> dict[str, Any]:
    return {"verifier": verifier, **({"accepted": b64u(known)} if isinstance(known, bytes) else {"rules": known.to_json()})}


def _rules(value: object) -> tuple[str, VerifierRules | bytes]:
    fields = Fields(value, "known verifier")
    name = fields.text("verifier", max_length=128)
    known: VerifierRules | bytes
    if fields.has("accepted"):
        known = fields.binary("accepted", length=32)
    else:
        known = VerifierRules.parse(fields.raw_object("rules"))
    fields.done()
    return name, known
