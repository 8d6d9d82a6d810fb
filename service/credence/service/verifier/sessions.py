"""Sessions: a policy becomes a question to one wallet, with a nonce that is good once and not for long.

The audience of the request, and thereby the root of the pseudonym's scope, is this verifier's id and that of the
authenticated client: a client of the same name at another verifier is somebody else.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlmodel import Session

from credence.circuits.encoding import Rng, b64u, b64u_decode
from credence.circuits.errors import Malformed
from credence.circuits.policy import Policy
from credence.circuits.wire import PresentationRequest
from credence.service.auth import DISCLOSED
from credence.service.errors import InvalidRequest, NotFound, Unavailable
from credence.service.forgetting import Keeping
from credence.service.settings import Mode
from credence.service.verifier import policies, records
from credence.service.verifier.persons.exposure import Exposure, read_amount
from credence.service.verifier.records import MAX_DENIED, NONCE_LENGTH, OPEN, VerifierPolicy, VerifierSession
from credence.service.verifier.sealing import answer_of
from credence.service.verifier.tariff.amounts import ONE
from credence.service.verifier.webhooks.outbox import foresee

ID_LENGTH: Final = 16
"""Random bytes of a session id, but for one bit: whoever knows one may answer the session."""

MAX_CHANNEL: Final = 64
MAX_MESSAGE: Final = 1024
"""Bytes that a caller may have bound into the proof."""

State = Literal["open", "accepted", "denied", "expired"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a venue says when it opens a session, checked. Made by :meth:`read`; the amounts stay as they were written."""

    policy: str
    volume_30d_usd: str | None = None
    maker_share: str | None = None
    channel: bytes = b""
    message: bytes = b""
    exposure: Exposure | None = None

    @classmethod
    def read(
        cls,
        policy: str,
        volume_30d_usd: str | None,
        maker_share: str | None,
        channel: str | None,
        message: str | None,
        exposure: Exposure | None = None,
    ) -> Asked:
        """From wire forms: decimal strings from 0 on (a share up to 1) and base64url. Raises :class:`InvalidRequest`."""
        read_amount("volume_30d_usd", volume_30d_usd)
        read_amount("maker_share", maker_share, ONE)
        return cls(
            policy,
            volume_30d_usd,
            maker_share,
            _binary("channel", channel, MAX_CHANNEL),
            _binary("message", message, MAX_MESSAGE),
            exposure,
        )


@dataclass(frozen=True, slots=True)
class View:
    """A session as its venue sees it; ``result`` is the Decision that closed it."""

    session_id: str
    state: State
    attempts_left: int
    result: dict[str, Any] | None


def open_session(
    session: Session,
    verifier_id: str,
    venue: str,
    asked: Asked,
    tariffs: Collection[str],
    *,
    now: int,
    lifetime: int,
    rng: Rng,
    disclose: Collection[str] = DISCLOSED,
    mode: Mode = Mode.OPEN,
) -> PresentationRequest:
    """Opens a session of ``lifetime`` seconds under the newest version of the venue's policy.

    Raises :class:`NotFound` for a policy the venue does not have, :class:`PolicyNotServed` for one that nobody could satisfy
    today, that has more shown than ``disclose`` or is of another mode, :class:`InvalidRequest` where it requires a bound
    message and none is given, :class:`Unavailable` where its tariff is no longer among ``tariffs``.
    """
    policy = policies.newest(session, venue, asked.policy)
    if policy.tariff not in tariffs:
        raise Unavailable("The tariff of the policy is not loaded.")
    policies.check_served(session, venue, policy, disclose, now=now, mode=mode)
    if policy.message_required and not asked.message:
        raise InvalidRequest("The policy requires a message to bind, and none was given.")
    row = VerifierSession(
        id=_drawn_id(rng),
        venue=venue,
        policy_name=policy.name,
        policy_version=policy.version,
        nonce=rng(NONCE_LENGTH),
        channel=asked.channel,
        message=asked.message,
        requested_at=now,
        expires_at=now + lifetime,
        volume_30d_usd=asked.volume_30d_usd,
        maker_share=asked.maker_share,
        exposure=None if asked.exposure is None else asked.exposure.text(),
    )
    records.add_session(session, row)
    foresee(session, venue, row.id, expires_at=row.expires_at, rng=rng)
    return request_of(row, policy, verifier_id)


def _drawn_id(rng: Rng) -> str:
    """Begins with a letter, so that no command takes it for an option."""
    first, *rest = rng(ID_LENGTH)
    return b64u(bytes((first & 0x7F, *rest)))


def audience_of(verifier_id: str, venue: str) -> str:
    """Who asks: ``<verifier>/<client>``. Neither id has a slash, so that no two pairs share an audience."""
    return f"{verifier_id}/{venue}"


def request_of(row: VerifierSession, policy: Policy, verifier_id: str) -> PresentationRequest:
    """The question as the wallet gets it, byte for byte the same each time but for the staples that go with it."""
    return PresentationRequest(
        session_id=row.id,
        audience=audience_of(verifier_id, row.venue),
        policy=policy.document,
        nonce=row.nonce,
        channel=row.channel,
        message=row.message,
        requested_at=row.requested_at,
        expires_at=row.expires_at,
    )


def find(session: Session, session_id: str) -> tuple[VerifierSession, VerifierPolicy]:
    """A session and its policy. Raises :class:`NotFound`."""
    found = records.find_session(session, session_id)
    if found is None:
        raise NotFound
    return found


def view(session: Session, venue: str, session_id: str, *, keeping: Keeping, now: int) -> View:
    """A venue's own session. Raises :class:`NotFound` for an unknown one and for another venue's, and
    :class:`~credence.service.errors.Erased`."""
    row, _ = find(session, session_id)
    if row.venue != venue:
        raise NotFound
    state = state_of(row, now)
    closed = records.newest_decision(session, session_id) if state in (records.ACCEPTED, records.DENIED) else None
    return View(row.id, state, MAX_DENIED - row.attempts, None if closed is None else json.loads(answer_of(keeping, closed)))


def state_of(row: VerifierSession, now: int) -> State:
    """What a session is at ``now``."""
    if row.state == OPEN:
        return "open" if row.requested_at <= now < row.expires_at else "expired"
    return "accepted" if row.state == records.ACCEPTED else "denied"


def _binary(name: str, text: str | None, at_most: int) -> bytes:
    try:
        data = b"" if text is None else b64u_decode(text, max_length=2 * at_most)
    except Malformed as error:
        raise InvalidRequest(f"{name} is not base64url of an accepted size.") from error
    if len(data) > at_most:
        raise InvalidRequest(f"{name} is longer than {at_most} bytes.")
    return data
