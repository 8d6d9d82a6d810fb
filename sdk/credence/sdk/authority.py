"""An authority: asks trustees by a warrant in its own name, and reads what they hand in.

Its two keys are sealed in one file: the Ed25519 identity that trustees know it by, and the key that shares are locked to.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from credence.circuits import curve as curves
from credence.circuits.credential import DAY_SECONDS
from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng, b64u, random_scalar
from credence.circuits.errors import CircuitError
from credence.circuits.escrow.generation import TrusteeSet
from credence.circuits.exhibit import Exhibit, check_exhibit, check_label
from credence.circuits.fields import Fields, Json, canonical_json
from credence.circuits.policy import load_policy
from credence.circuits.warrant import NONCE_LENGTH, Finding, Share, Warrant, open_warrant, sign_warrant, unlock_part
from credence.circuits.wire import IssuerDocument
from credence.sdk.calls import ask, auditor, issuer
from credence.sdk.calls.verifier import VerifierDocument
from credence.sdk.errors import VaultTampered
from credence.sdk.flow import run
from credence.sdk.messages import Auth, Transport
from credence.sdk.refusals import ExhibitRefused, OpeningRefused, WarrantRefused
from credence.sdk.vault import DEFAULT, FLOOR, SealParameters, VaultFile


@dataclass(frozen=True)
class Authority:
    """Who asks: ``name`` is its client id. ``identity`` is what trustees are told, out of band, to know it by."""

    name: str
    curve: Curve
    rng: Rng = field(repr=False)
    signing: Ed25519PrivateKey = field(repr=False)
    reading: int = field(repr=False)

    @classmethod
    def create(
        cls,
        path: Path,
        name: str,
        passphrase: str,
        *,
        curve: Curve | None = None,
        rng: Rng = secrets.token_bytes,
        parameters: SealParameters = DEFAULT,
    ) -> Self:
        """Draws both keys and seals them. Raises :class:`VaultUnavailable` where something is, :class:`WeakPassphrase`."""
        seed, reading = rng(32), random_scalar(rng)
        said = {"type": "credence/authority-vault/1", "name": name, "identity": b64u(seed), "reading": str(reading)}
        least = parameters if parameters is not DEFAULT else FLOOR
        VaultFile.create(path, passphrase, canonical_json(said), rng, parameters=parameters, least=least)
        return cls(name, curve or curves.load(), rng, Ed25519PrivateKey.from_private_bytes(seed), reading)

    @classmethod
    def open(
        cls,
        path: Path,
        passphrase: str,
        *,
        curve: Curve | None = None,
        rng: Rng = secrets.token_bytes,
        least: SealParameters = FLOOR,
    ) -> Self:
        """Raises :class:`VaultUnavailable`, :class:`WrongPassphrase`, :class:`VaultTampered`."""
        _, content = VaultFile.open(path, passphrase, rng, least=least)
        try:
            fields = Fields(json.loads(content), "authority's vault")
            fields.choice("type", "credence/authority-vault/1")
            name, seed = fields.text("name", max_length=128), fields.binary("identity", length=32)
            reading = fields.scalar("reading")
            fields.done()
        except (ValueError, CircuitError) as error:
            raise VaultTampered("The vault holds something else than an authority's keys.") from error
        return cls(name, curve or curves.load(), rng, Ed25519PrivateKey.from_private_bytes(seed), reading)

    @property
    def identity(self) -> bytes:
        """The Ed25519 key that trustees know it by, 32 bytes."""
        return self.signing.public_key().public_bytes_raw()

    def warrant(
        self,
        exhibit: Exhibit,
        basis: str,
        trustees: TrusteeSet,
        verifier: VerifierDocument,
        issuers: Sequence[IssuerDocument],
        *,
        now: int,
        days: int = 30,
    ) -> Json:
        """A signed warrant for an exhibit, which is checked here as the trustees will.

        Raises :class:`ExhibitRefused`, :class:`ReceiptInvalid`, :class:`WarrantRefused` for a basis or term that is none.
        """
        receipt = verifier.open(exhibit.receipt)
        try:
            checked = check_exhibit(self.curve, exhibit, receipt, issuers, self.rng)
            check_label(checked, trustees, checked.escrow.purpose)
        except CircuitError as error:
            raise ExhibitRefused(f"The presentation is refused: {error.reason}.") from error
        sealed = checked.accepted.sealed
        if sealed is None:
            raise ExhibitRefused("The presentation has nothing sealed in it.")
        warrant = Warrant(
            authority=self.name,
            basis=basis,
            verifier=receipt.verifier,
            receipt=receipt.signed_bytes(),
            presentation=checked.accepted.presentation_digest,
            policy_hash=checked.accepted.policy.digest,
            trustees=trustees.id,
            purpose=checked.escrow.purpose,
            E1=sealed.E1,
            E2=sealed.E2,
            reader=self.curve.msm([self.curve.BP1], [self.reading]).to_bytes(),
            identity=self.identity,
            issued_at=now,
            expires_at=now + days * DAY_SECONDS,
            nonce=self.rng(NONCE_LENGTH),
        )
        signed = sign_warrant(warrant, self.signing)
        try:
            open_warrant(signed, self.curve)
        except CircuitError as error:
            raise WarrantRefused(f"The warrant is refused: {error.reason}.") from error
        return signed

    def combine(self, signed: Json, shares: Sequence[Share], trustees: TrusteeSet) -> tuple[Finding, bytes]:
        """What the issuer is shown to find whose handle it is, and ``id·G_id`` (48 bytes): enough shares are opened, and
        every proof is checked.

        Raises :class:`OpeningRefused`, which names a trustee whose part is wrong, :class:`WarrantRefused`.
        """
        try:
            warrant = open_warrant(signed, self.curve)
        except CircuitError as error:
            raise WarrantRefused(f"The warrant is refused: {error.reason}.") from error
        digest, parts = warrant.digest(), []
        try:
            for share in shares:
                if share.warrant != digest:
                    raise OpeningRefused("A share is for another warrant.")
                share.check(trustees.identity_of(share.index))
                parts.append(unlock_part(self.curve, share, self.reading))
            found = Finding(signed, tuple(parts))
            _, point = found.check(self.curve, trustees, self.rng)
        except CircuitError as error:
            raise OpeningRefused(f"The opening is refused: {error.reason}.") from error
        return found, point.to_bytes()


def fetch_exhibit(
    transport: Transport,
    session_id: str,
    auth: Auth,
    issuers: Sequence[IssuerDocument],
    *,
    accumulators: Transport | None = None,
) -> Exhibit:
    """A venue's own session's presentation, with the accumulators' values that it refers to, which ``accumulators`` (an
    issuer's service; by default the same one) publishes. Raises what :func:`~credence.sdk.calls.ask` raises,
    :class:`ExhibitRefused` for an issuer whose document is not there.
    """
    exhibit = run(ask(transport, auditor.exhibit(session_id, auth)))
    policy, values = load_policy(exhibit.request.policy), {}
    shown = {each.slot: each.issuer for each in exhibit.presentation.credentials}
    for each in exhibit.presentation.accumulators:
        schema = policy.credentials[each.slot].schema.id
        keys = [document.accumulator_of(schema) for document in issuers if document.issuer == shown.get(each.slot)]
        key = next((key for key in keys if key is not None), None)
        if key is None:
            raise ExhibitRefused("The document of the issuer is needed, for its accumulator.")
        proof = run(ask(accumulators or transport, issuer.checkpoint(key.accumulator_id, each.index, each.minute)))
        values[each.slot] = proof.checkpoint.value
    return Exhibit(exhibit.request, exhibit.presentation, exhibit.receipt, values)
