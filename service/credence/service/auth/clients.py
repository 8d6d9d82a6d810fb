"""Clients come and go: added, registered, revoked.

Registration is a ceremony. The id never changes and is never given twice, because it is the audience of proofs and the root
of pseudonyms; the role bounds what its keys may do; what a venue may ask holders to disclose is fixed; and the log holds a
commitment to all of it, so that none can be changed, or denied, later.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Final

from sqlmodel import Session

from credence.circuits.credential import LADDERS, NEVER_DISCLOSED, SCHEMAS
from credence.circuits.encoding import Rng, b64u
from credence.circuits.errors import IllFormed
from credence.circuits.fields import Fields, Json, canonical_json
from credence.circuits.hashing import Label, sha256_labelled
from credence.circuits.leaf import LEAF_LENGTH, SALT_LENGTH, salted_leaf
from credence.service.auth import records
from credence.service.auth.matrix import ROLES, Role
from credence.service.auth.records import AuthClient, AuthOutbox, AuthRegistration
from credence.service.auth.scopes import Scope
from credence.service.errors import Conflict, InvalidRequest, NotFound
from credence.service.ledger import post
from credence.service.store import insert_once

REGISTRATION_LEAF: Final = "client"
"""The kind of a registration's leaf."""

REGISTRATION_TYPE: Final = "credence/client-registration/1"

DISCLOSED: Final = frozenset({*LADDERS, "kind", "accredited"})
"""What a venue may ask holders to disclose where its registration does not say otherwise: nothing that singles one out."""

_DISCLOSABLE: Final = {
    *LADDERS,
    *(name for schema in SCHEMAS.values() for name in schema.attributes if name not in NEVER_DISCLOSED),
} - {rung for rungs in LADDERS.values() for rung in rungs}

_CLIENT_ID: Final = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,126}[a-z0-9])?")


@dataclass(frozen=True)
class Registration:
    """The receipt of a registration. Whoever has it can compute ``leaf`` (32 bytes) and find it in the log.

    ``disclose`` is what it may ask holders to disclose, None for :data:`DISCLOSED`. ``registered_at`` in unix seconds;
    ``entry_index`` is None until the log has taken the leaf.
    """

    client_id: str
    role: Role
    registered_at: int
    salt: bytes = field(repr=False)
    leaf: bytes
    disclose: tuple[str, ...] | None = None
    entry_index: int | None = None

    def to_json(self) -> dict[str, Any]:
        """The receipt as it is handed to the client; the leaf in hex, as the log is asked for it."""
        return {
            **_said(self.client_id, self.role.value, self.registered_at, self.disclose),
            "salt": b64u(self.salt),
            "leaf": self.leaf.hex(),
            "entry_index": self.entry_index,
        }


def add_client(session: Session, client_id: str, name: str, *, now: int) -> None:
    """Adds a client. Raises :class:`InvalidRequest` for an id that is no lower-case host-like name of 1-128 characters or a
    name outside 1-200 printable ones, :class:`Conflict` for an id that was ever given: pseudonyms hang on it."""
    if not _CLIENT_ID.fullmatch(client_id):
        raise InvalidRequest("a client id has 1-128 lower-case letters, digits, dots and dashes")
    if not (1 <= len(name) <= 200 and name.isprintable()):
        raise InvalidRequest("a client name has 1-200 printable characters")
    if not insert_once(session, AuthClient(id=client_id, name=name, created_at=now)):
        raise Conflict("the client id is taken")


def register_client(
    session: Session,
    client_id: str,
    name: str,
    role: Role,
    *,
    now: int,
    rng: Rng,
    disclose: Collection[str] | None = None,
) -> Registration:
    """Adds a client in ``role``, and hands a salted commitment to all that it says to the log.

    ``disclose`` are the attributes that its policies may ask to be shown, a ladder by its name; None for :data:`DISCLOSED`.
    Raises as :func:`add_client`, and :class:`InvalidRequest` for one that no schema has or that is never disclosed.
    """
    add_client(session, client_id, name, now=now)
    salt, shown = rng(SALT_LENGTH), None if disclose is None else tuple(sorted(set(disclose)))
    if shown is not None and not _DISCLOSABLE.issuperset(shown):
        raise InvalidRequest("an attribute that no credential discloses")
    leaf = opened_leaf(client_id, role.value, now, salt, shown)
    written = None if shown is None else " ".join(shown)
    row = AuthRegistration(client_id=client_id, role=role.value, registered_at=now, salt=salt, leaf=leaf, disclose=written)
    session.add(row)
    post(session, AuthOutbox, kind=REGISTRATION_LEAF, leaf=leaf, now=now, rng=rng)
    return Registration(client_id, role, now, salt, leaf, shown)


def registration_of(session: Session, client_id: str) -> Registration:
    """The receipt again. Raises :class:`NotFound` for a client that is unknown, or was added without registration."""
    found = records.find_registration(session, client_id)
    if found is None:
        raise NotFound("there is no such registration")
    row, index = found
    return Registration(row.client_id, Role(row.role), row.registered_at, row.salt, row.leaf, disclosed(row), index)


def may_disclose(session: Session, client_id: str) -> frozenset[str]:
    """What the client's policies may ask to be shown: attributes, and ladders by their names."""
    found = records.find_registration(session, client_id)
    shown = None if found is None else disclosed(found[0])
    return DISCLOSED if shown is None else frozenset(shown)


def disclosed(row: AuthRegistration) -> tuple[str, ...] | None:
    """What a registration says of it, as :class:`Registration` does."""
    return None if row.disclose is None else tuple(row.disclose.split())


def registration_leaf(receipt: Json) -> bytes:
    """The leaf that a receipt leads to, computed from what it says; 32 bytes.

    Raises :class:`Malformed` for another document, :class:`IllFormed` for a receipt that says another leaf.
    """
    fields = Fields(receipt, "receipt")
    fields.choice("type", REGISTRATION_TYPE)
    role = Role(fields.choice("role", *Role))
    client_id, moment = fields.text("client_id", max_length=128), fields.integer("registered_at")
    shown = fields.texts("disclose", maximum=len(_DISCLOSABLE)) if fields.has("disclose") else None
    leaf = opened_leaf(client_id, role.value, moment, fields.binary("salt", length=SALT_LENGTH), shown)
    if fields.text("leaf", max_length=2 * LEAF_LENGTH) != leaf.hex():
        raise IllFormed("the receipt does not lead to its leaf")
    if fields.has("entry_index"):
        fields.integer("entry_index")
    fields.done()
    return leaf


def revoke_client(session: Session, client_id: str, *, now: int) -> None:
    """Ends a client, all its keys and tokens at once. Raises :class:`NotFound` for one that is unknown or revoked."""
    if not records.end_client(session, client_id, now):
        raise NotFound("there is no such client")


def is_revoked(session: Session, client_id: str) -> bool:
    """Whether a client was ended. One that was never added was not."""
    client = records.find_client(session, client_id)
    return client is not None and client.revoked_at is not None


def hold_client(session: Session, client_id: str, scopes: frozenset[Scope]) -> None:
    """Returns iff the client lives and may have ``scopes``; until the transaction ends nobody else gives it keys.

    A registered client may have what its role carries, one that was only added what is not a venue's: pseudonyms hang on a
    venue's id, so that there is none that the log has no commitment to.

    Raises :class:`NotFound` and :class:`InvalidRequest`.
    """
    client = records.lock_client(session, client_id)
    if client is None or client.revoked_at is not None:
        raise NotFound("there is no such client")
    found = records.find_registration(session, client_id)
    if found is not None and not scopes <= ROLES[Role(found[0].role)]:
        raise InvalidRequest(f"the keys of a client registered as {found[0].role} do not carry this scope")
    if found is None and scopes & ROLES[Role.VENUE]:
        raise InvalidRequest("this scope is a venue's, and the client is not registered as one")


def opened_leaf(
    client_id: str, role: str, registered_at: int, salt: bytes, disclose: tuple[str, ...] | None = None
) -> bytes:
    """The leaf that these lead to, whatever they say."""
    digest = sha256_labelled(Label.CLIENT, canonical_json(_said(client_id, role, registered_at, disclose)))
    return salted_leaf(REGISTRATION_LEAF, salt, digest)


def _said(client_id: str, role: str, registered_at: int, disclose: tuple[str, ...] | None) -> dict[str, Any]:
    """What is committed to; a registration that leaves ``disclose`` out means :data:`DISCLOSED`."""
    said = {"type": REGISTRATION_TYPE, "client_id": client_id, "role": role, "registered_at": registered_at}
    return said if disclose is None else {**said, "disclose": list(disclose)}
