"""Who sends a request: by an API key, or by an access token and the proof that its holder sends it.

Nobody further in knows which.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from sqlmodel import Session

from credence.circuits.credential import day_of
from credence.circuits.hashing import Label, sha256_labelled
from credence.service.auth import access_tokens, records
from credence.service.auth.access_tokens import AccessToken
from credence.service.auth.api_keys import find_presented
from credence.service.auth.proof import Proof, check_proof
from credence.service.auth.public_keys import lives
from credence.service.auth.refusal import AccessRefused, Refusal
from credence.service.auth.scopes import Client, read_scopes
from credence.service.errors import Unauthorized, Unavailable
from credence.service.runtime import Services

KEPT: Final = 300
"""Seconds that a used ``jti`` is remembered for after its token has ended: another replica's clock may be behind."""

# a token that is bound to a key and sent as a bearer token is refused (RFC 9449 section 7.2)
_TOKEN: Final = re.compile(r"(?i:DPoP) ([A-Za-z0-9_.-]+)")


@dataclass(frozen=True)
class Presented:
    """What a request brings: the ``Authorization`` and ``DPoP`` headers, its method, and its address without the query."""

    authorization: tuple[str, ...] = field(repr=False)
    proofs: tuple[str, ...] = field(repr=False)
    method: str
    url: str


def identify(services: Services, presented: Presented) -> Client:
    """The client. Blocks. Raises :class:`Unauthorized`, of which :class:`AccessRefused` looks the same from outside."""
    if len(presented.authorization) != 1:
        raise Unauthorized
    header = presented.authorization[0]
    match = _TOKEN.fullmatch(header)
    return _by_key(services, header) if match is None else _by_token(services, match[1], presented)


def spend_id(session: Session, kind: str, owner: str, jti: str, *, until: int, now: int) -> None:
    """Uses up a ``jti`` of ``owner``, whose token ends ``until`` then. Raises :class:`AccessRefused` where it was used."""
    digest = sha256_labelled(Label.TOKEN_ID, kind.encode(), owner.encode(), jti.encode())
    if not records.spend(session, digest, until=until + KEPT, now=now):
        raise AccessRefused(Refusal.REPLAYED)


def spend_proof(session: Session, proof: Proof, *, now: int) -> None:
    """Uses up a proof. Raises as :func:`spend_id`."""
    spend_id(session, "proof", proof.thumbprint, proof.jti, until=proof.ends, now=now)


def _by_key(services: Services, header: str) -> Client:
    store, now = services.store("auth"), services.clock()
    with store.reading() as session:
        key = find_presented(session, services.keyring, header, now)
    if key.last_used_day != day_of(now):
        with suppress(Unavailable):  # somebody else writes: the next request of the day notes it
            store.run(partial(records.note_key_use, prefix=key.prefix, day=day_of(now)))
    return Client(key.client_id, read_scopes(key.scopes))


def _by_token(services: Services, text: str, presented: Presented) -> Client:
    now = services.clock()
    token = access_tokens.read(services.keyring, text, issuer=services.settings.base_url, now=now)
    proof = check_proof(presented.proofs, method=presented.method, url=presented.url, now=now, token=text)
    if proof.thumbprint != token.bound_to:
        raise AccessRefused(Refusal.OTHER_KEY)
    return services.store("auth").run(partial(_use, token=token, proof=proof, now=now))


def _use(session: Session, token: AccessToken, proof: Proof, now: int) -> Client:
    found = records.find_public_key(session, token.got_with)
    if found is None or found[1].revoked_at is not None or not lives(found[0], now) or found[1].id != token.client_id:
        raise AccessRefused(Refusal.ENDED)
    spend_proof(session, proof, now=now)
    return Client(token.client_id, token.scopes & read_scopes(found[0].scopes))
