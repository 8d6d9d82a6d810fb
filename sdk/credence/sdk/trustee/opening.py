"""What a trustee checks before it makes a part, in this order; the first thing that is wrong ends it, and is written down.

1. the warrant is signed by an authority that the trustee knows, is valid now, and is for this set of trustees
2. its notice is in the log, which continues what the trustee saw of it, and in the public list at that place: a leaf that
   the list does not lead to is one that nobody can count
3. the receipt is the verifier's, is the warrant's, and is in the log
4. the whole presentation holds, with this set and the warrant's purpose in its context, and is the warrant's
5. what it relied on (issuers' documents, accumulators) is in the logs that those name
6. the trustee has opened it for nobody else
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from credence.circuits.encoding import b64u
from credence.circuits.errors import CircuitError
from credence.circuits.escrow.opening import open_part
from credence.circuits.exhibit import Checked, Exhibit, check_exhibit, check_label
from credence.circuits.fields import Json
from credence.circuits.warrant import Share, Warrant, lock_part, open_warrant
from credence.circuits.wire import IssuerDocument
from credence.sdk.auditor import Auditor
from credence.sdk.calls.verifier import VerifierDocument
from credence.sdk.errors import CredenceError, InclusionFailed
from credence.sdk.refusals import ExhibitRefused, OpeningRefused, WarrantRefused
from credence.sdk.trustee.ceremony import Trustee


@dataclass(frozen=True)
class Grounds:
    """What a trustee takes for true: authorities by name (Ed25519, 32 bytes), the documents of issuers and of the verifier,
    and the logs that it follows, by verifier key.
    """

    authorities: Mapping[str, bytes]
    issuers: Sequence[IssuerDocument]
    verifier: VerifierDocument
    logs: Mapping[str, Auditor]


def open_handle(trustee: Trustee, signed: Json, exhibit: Exhibit, grounds: Grounds, *, now: int) -> Share:
    """A share for whoever asks by the warrant, and a line in the record; of a refusal too, once the warrant can be read.

    Raises :class:`WarrantRefused`, :class:`ExhibitRefused`, :class:`OpeningRefused`, :class:`InclusionFailed`, and what
    following a log raises.
    """
    trustees = trustee.trustees
    try:
        warrant = open_warrant(signed, trustee.curve)
    except CircuitError as error:
        raise WarrantRefused(f"The warrant is refused: {error.reason}.") from error
    presentation, identity = b64u(warrant.presentation), b64u(warrant.identity)
    said = {
        "at": now,
        "warrant": b64u(warrant.digest()),
        "authority": warrant.authority,
        "basis": warrant.basis,
        "presentation": presentation,
        "identity": identity,
    }
    try:
        _check_warrant(trustee, warrant, grounds, trustees.id, now)
        _check_exhibit(trustee, warrant, exhibit, grounds)
        if trustee.kept.opened.get(presentation, identity) != identity:
            raise OpeningRefused("This trustee has opened this presentation for somebody else.")
    except CredenceError as error:
        trustee.keeping.record({**said, "outcome": "refused", "reason": error.reason})
        raise
    share = trustee.kept.share
    if share is None:
        raise OpeningRefused("This trustee has no share.")
    # written before anything leaves: what was handed out is never missing from the record
    opened = {**trustee.kept.opened, presentation: identity}
    trustee.keeping.record({**said, "outcome": "opened"}, opened=opened)
    part = open_part(trustee.curve, warrant.opening(trustees), trustee.kept.index, share, trustee.rng)
    return lock_part(trustee.curve, warrant, part, trustee.kept.signing, trustee.rng)


def _check_warrant(trustee: Trustee, warrant: Warrant, grounds: Grounds, trustees: str, now: int) -> None:
    """Steps 1 and 2."""
    if grounds.authorities.get(warrant.authority) != warrant.identity:
        raise WarrantRefused("The warrant is of no authority that this trustee knows.")
    try:
        warrant.check_time(now)
    except CircuitError as error:
        raise WarrantRefused(f"The warrant is refused: {error.reason}.") from error
    if warrant.trustees != trustees:
        raise WarrantRefused("The warrant is for other trustees.")
    log, notice = _log(grounds, grounds.verifier.log_vkey), warrant.notice()
    try:
        found = log.inclusion(notice.leaf())
    except InclusionFailed as error:
        raise WarrantRefused("The log does not show that it holds the warrant.") from error
    try:
        entry = log.listed(notice)
    except InclusionFailed as error:
        raise WarrantRefused("The public list does not have the warrant: nobody could count it.") from error
    if entry.entry_index != found.index:
        raise WarrantRefused("The public list has the warrant at another place of the log.")


def _check_exhibit(trustee: Trustee, warrant: Warrant, exhibit: Exhibit, grounds: Grounds) -> None:
    """Steps 3 to 5."""
    log = _log(grounds, grounds.verifier.log_vkey)
    receipt = grounds.verifier.open(exhibit.receipt)
    if warrant.verifier != receipt.verifier or warrant.receipt != receipt.signed_bytes():
        raise ExhibitRefused("The receipt is not the warrant's.")
    if receipt.decision == "accepted":
        log.inclusion(receipt.leaf())
    checked = check_sealed(trustee, exhibit, grounds, warrant.purpose)
    sealed = checked.accepted.sealed
    shown = (checked.accepted.presentation_digest, checked.accepted.policy.digest)
    if sealed is None or (warrant.presentation, warrant.policy_hash) != shown:
        raise ExhibitRefused("The presentation is not the warrant's.")
    if (warrant.E1, warrant.E2) != (sealed.E1, sealed.E2):
        raise ExhibitRefused("The seal is not the presentation's.")
    for vkey, leaf in checked.leaves:
        _log(grounds, vkey).inclusion(leaf)


def check_sealed(trustee: Trustee, exhibit: Exhibit, grounds: Grounds, purpose: str) -> Checked:
    """The presentation, whole, and its label. Raises :class:`ExhibitRefused`."""
    try:
        receipt = grounds.verifier.open(exhibit.receipt)
        checked = check_exhibit(trustee.curve, exhibit, receipt, grounds.issuers, trustee.rng)
        check_label(checked, trustee.trustees, purpose)
    except CircuitError as error:
        raise ExhibitRefused(f"The presentation is refused: {error.reason}.") from error
    return checked


def _log(grounds: Grounds, vkey: str) -> Auditor:
    if vkey not in grounds.logs:
        raise ExhibitRefused("Something is in a log that this trustee does not follow.")
    return grounds.logs[vkey]
