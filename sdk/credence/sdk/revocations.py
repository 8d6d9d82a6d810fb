"""How a wallet follows what its issuers revoked, and what it believes of what a request says about that.

A request carries staples. The wallet believes one that is of its credential's own accumulator, in the log that the issuer's
document named when the credential was received, not too old, and that its own witness can be brought up to; it never goes
back. Where more was revoked than a staple has room for, pages are read from the issuer, which learns that somebody is that
far behind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from credence.circuits.curve import Curve
from credence.circuits.errors import CircuitError
from credence.circuits.note import NoteVerifier, open_checkpoint
from credence.circuits.policy import Policy
from credence.circuits.presentation import AccumulatorView
from credence.circuits.revocation import MAX_STEPS
from credence.circuits.revocation_log import (
    PAGE,
    AccumulatorKey,
    RevocationEvent,
    Revoked,
    Staple,
    Stapled,
    follow,
    verify_staple,
    wanted_pages,
)
from credence.circuits.wire import PresentationRequest
from credence.sdk.calls import ask, issuer
from credence.sdk.choosing import Chosen
from credence.sdk.errors import CredenceError, LogForked, RevocationsRefused
from credence.sdk.flow import Flow, W
from credence.sdk.following import Seen

MAX_PAGES: Final = MAX_STEPS // PAGE
"""Pages that are read at once. Who is further behind has the issuer give the credential again, with a new witness."""

Earlier = Mapping[str, Sequence[RevocationEvent]]
"""Events that were read from the issuer, by slot."""


@dataclass(frozen=True, slots=True)
class Behind:
    """Events that a request has no room for: ``pages`` of an accumulator, as ``(after, count)``."""

    slot: str
    accumulator_id: str
    pages: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Looked:
    """What a request's staples mean for the chosen credentials.

    ``chosen`` have their witness as far as it came, and ``revoked`` where that is known; ``views`` are what they can be
    shown by, by slot. ``unmet`` says in words why some cannot, ``refused`` is the first staple's that is not believed, and
    ``behind`` are those that events are missing for. ``notes`` are the log's checkpoints that were relied on, and its keys.
    """

    chosen: Chosen
    views: Mapping[str, AccumulatorView]
    unmet: tuple[str, ...] = ()
    refused: CredenceError | None = None
    behind: tuple[Behind, ...] = ()
    notes: tuple[Seen, ...] = ()


def look(
    curve: Curve,
    request: PresentationRequest,
    policy: Policy,
    chosen: Chosen,
    logs: Mapping[str, Seen],
    now: int,
    earlier: Earlier | None = None,
) -> Looked:
    """Every slot of the policy that asks for non-revocation, one after another. ``logs`` is what is remembered of logs."""
    found, views = dict(chosen), {}
    unmet: list[str] = []
    refused: list[CredenceError] = []
    behind: list[Behind] = []
    notes: list[Seen] = []
    for asked in policy.not_revoked:
        slot, held = asked.slot, chosen[asked.slot]
        key, state = held.accumulator, held.witness
        if key is None or state is None or held.revoked is not None:
            what = "a credential that can be shown not to be revoked" if key is None else "the credential is revoked"
            unmet.append(f"{slot}: {what}")
            continue
        staple = _staple_of(request, key)
        if staple is None:
            unmet.append(f"{slot}: the newest revocations of {held.issuer}, which the request does not carry")
            continue
        try:
            stapled = verify_staple(staple, held.issuer, key, held.log_vkey, now=now, max_age_s=asked.max_age_s)
            _check_fork(stapled, staple, held.log_vkey, logs.get(held.log_vkey))
            events = (earlier or {}).get(slot)
            pages = wanted_pages(state, stapled) if events is None else ()
            reached = state if pages else follow(curve, key, state, held.revocation_handle, stapled, events or ())
        except Revoked as error:
            found[slot] = replace(held, revoked=error.index)
            unmet.append(f"{slot}: {error.reason}")
        except (CircuitError, LogForked) as error:
            refused.append(error if isinstance(error, LogForked) else _refusal(error))
            unmet.append(f"{slot}: the newest revocations, which cannot be believed: {error.reason}")
        else:
            notes.append(Seen(held.log_vkey, staple.newest.note))
            if pages:
                behind.append(Behind(slot, key.accumulator_id, pages))
                continue
            at = stapled.checkpoint
            found[slot] = replace(held, witness=reached)
            views[slot] = AccumulatorView(key.public_key, at.value, at.index, at.minute)
    return Looked(
        chosen=MappingProxyType(found),
        views=MappingProxyType(views),
        unmet=tuple(unmet),
        refused=next(iter(refused), None),
        behind=tuple(behind),
        notes=tuple(dict.fromkeys(notes)),
    )


def read_pages(way: W, behind: Behind) -> Flow[W, tuple[RevocationEvent, ...]]:
    """The events that are missing, from the issuer at the end of ``way``; what they are worth is seen by who follows them.

    Raises :class:`RevocationsRefused` for more than ``MAX_PAGES``, and what :func:`~credence.sdk.calls.ask` raises.
    """
    if len(behind.pages) > MAX_PAGES:
        raise RevocationsRefused("The wallet is too far behind: have the issuer give the credential again.")
    read: list[RevocationEvent] = []
    for after, count in behind.pages:
        read += yield from ask(way, issuer.events(behind.accumulator_id, after, count))
    return tuple(read)


def _staple_of(request: PresentationRequest, key: AccumulatorKey) -> Staple | None:
    """The first of a credential's own accumulator: one that was made for somebody else is nobody's."""
    own = (staple for staple in request.staples if staple.newest.checkpoint.accumulator_id == key.accumulator_id)
    return next(own, None)


def _check_fork(stapled: Stapled, staple: Staple, vkey: str, seen: Seen | None) -> None:
    """Raises :class:`LogForked` where the log signed another history of the same length before."""
    if seen is None:
        return
    before = open_checkpoint(seen.note, NoteVerifier.parse(vkey))
    if (before.origin, before.size) == (stapled.log.origin, stapled.log.size) and before.root != stapled.log.root:
        raise LogForked(evidence=(seen.note, staple.newest.note))


def _refusal(error: CircuitError) -> RevocationsRefused:
    refusal = RevocationsRefused(f"What the request says of revocations cannot be believed: {error.reason}.")
    refusal.__cause__ = error
    return refusal
