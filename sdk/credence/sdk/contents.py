"""What a vault holds: the root secret from which the holder's secrets follow, and the credentials.

The same root brings the same secrets, and towards the same issuer the same commitment: a claim that was interrupted can be
made again, by a wallet restored from its root too, and an issuer recognises a returning holder without learning a secret.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Final, Self

from credence.circuits.bbs.suite import Interface
from credence.circuits.credential import HOLDER_SECRETS, Schema
from credence.circuits.encoding import Rng, b64u, random_scalar, u64le
from credence.circuits.errors import CircuitError
from credence.circuits.fields import Fields
from credence.circuits.hashing import Label, hmac_labelled
from credence.circuits.issuance import CredentialRequest, HeldCredential, HolderSecrets, request_credential
from credence.sdk.errors import VaultTampered, WalletError

ROOT_LENGTH: Final = 32
MAX_CREDENTIALS: Final = 256


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

    def holder_secrets(self) -> HolderSecrets:
        """The holder's halves: one set for all credentials of every schema, so that they can be shown to have one holder."""
        return HolderSecrets(
            *(random_scalar(self.stream(b"holder", attribute.name.encode())) for attribute in HOLDER_SECRETS)
        )

    def commit(self, interface: Interface, layout: Schema, issuer: str) -> CredentialRequest:
        """The commitment towards one issuer, always the same one.

        The proof in it is drawn from the root as well. Whatever its challenge depends on is part of the purpose, so that
        two different challenges never meet the same random numbers.
        """
        purpose = (b"commitment", interface.suite.id, interface.api_id, layout.id.encode(), issuer.encode())
        return request_credential(interface, layout, self.holder_secrets(), self.stream(*purpose))


@dataclass(frozen=True, slots=True)
class Contents:
    """Everything that is sealed."""

    root: RootSecret
    credentials: tuple[HeldCredential, ...] = ()

    def with_credential(self, credential: HeldCredential) -> Contents:
        """The contents with one more credential; it replaces an earlier copy of the same attestation."""
        others = (held for held in self.credentials if held.attestation_id != credential.attestation_id)
        credentials = (*others, credential)
        if len(credentials) > MAX_CREDENTIALS:
            raise WalletError(f"A wallet holds at most {MAX_CREDENTIALS} credentials.")
        return Contents(self.root, credentials)

    def encode(self) -> bytes:
        """The bytes to seal."""
        document = {
            "type": "credence/vault/1",
            "root": b64u(self.root.value),
            "credentials": [credential.to_json() for credential in self.credentials],
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
            fields.done()
        except (CircuitError, ValueError, RecursionError) as error:
            raise VaultTampered("The vault holds something that this version cannot read.") from error
        return cls(root, credentials)
