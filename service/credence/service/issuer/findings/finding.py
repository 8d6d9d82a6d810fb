"""From ``id·G_id`` to the attestation whose handle it is.

Nothing is looked for until two persons have asked: one alone learns that the finding holds, and not even whether the handle
is of anybody here. The answer is those two persons'.

The issuer takes nobody's word for the point: it follows from the trustees' parts, whose proofs are bound to the warrant. Nor
for the warrant: its notice and the opening are in the log, or nothing is looked for. The look-up tries the handle of one
attestation after the other, which takes a fifth of a millisecond each: the point of a handle is nowhere in the database.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Final

from sqlmodel import Session

from credence.circuits.curve import G1
from credence.circuits.errors import Refused, Step
from credence.circuits.escrow import handle_base
from credence.circuits.warrant import Finding, Warrant, open_warrant
from credence.service.errors import Conflict, NotFound
from credence.service.issuer import records as issuer_records
from credence.service.issuer.desk import PARTY, Desk
from credence.service.issuer.findings import records
from credence.service.ledger import NotFound as NotInLog
from credence.service.logs import logger
from credence.service.store import Run
from credence.service.trustees import load_trustees


class NotOpened(Conflict):
    """A warrant, or its opening, that the log does not have: nobody could have counted it."""

    default = "The log does not have the warrant and its opening."


@dataclass(frozen=True, slots=True)
class Found:
    """Whose handle it is; None while a second person has not asked for the same."""

    attestation_id: str | None
    case_id: str | None


NOBODY_YET: Final = Found(None, None)


def find_subject(desk: Desk, finding: Finding, client_id: str, run: Run[Found] | None = None) -> Found:
    """Who asks first proposes; somebody else who asks for the same is told, and so is the first from then on.

    Raises :class:`~credence.circuits.errors.Refused` for a finding that does not hold, :class:`NotOpened`,
    :class:`NotFound` for a third person, and once there are two where the handle is no credential's of this issuer, or of
    one that was erased.
    """
    warrant, point = _checked(desk, finding)
    approved = desk.store.run(partial(_asked, digest=warrant.digest(), client_id=client_id))
    found = _look_up(desk, point) if approved else NOBODY_YET  # outside a transaction, which would hold others up
    told = (run or desk.store.run)(lambda _: found)
    if approved:
        logger().info("subject.found", party=PARTY)
    else:
        logger().info("subject.proposed", party=PARTY)
    return told


def _asked(session: Session, digest: bytes, client_id: str) -> bool:
    """Notes who asks; whether two have, of whom this is one. To ask again changes nothing.

    Raises :class:`NotFound` for somebody who is neither.
    """
    row = records.propose(session, digest, client_id)
    if row.proposed_by != client_id:
        records.approve(session, digest, client_id)
        session.refresh(row)
    if client_id not in (row.proposed_by, row.approved_by):
        raise NotFound
    return row.approved_by is not None


def _checked(desk: Desk, finding: Finding) -> tuple[Warrant, G1]:
    services = desk.services
    known = load_trustees(services.settings.trustee_dir, services.curve, services.rng)
    trustees = known.get(open_warrant(finding.warrant, services.curve).trustees)
    if trustees is None:
        raise Refused("this service knows no such set of trustees", Step.CONTEXT)
    warrant, point = finding.check(services.curve, trustees, services.rng)
    notice = warrant.notice()
    try:
        for leaf in (notice.leaf(), notice.opening_leaf()):
            services.ledger.inclusion(leaf)
    except NotInLog as error:
        raise NotOpened from error
    return warrant, point


def _look_up(desk: Desk, point: G1) -> Found:
    curve = desk.services.curve
    base = handle_base(curve)
    with desk.store.reading() as session:
        for attestation in issuer_records.attestations(session):
            handle = int.from_bytes(attestation.subject_handle, "big")
            if attestation.erased_at is None and curve.msm([base], [handle]) == point:
                return Found(attestation.id, attestation.case_id)
    raise NotFound("The handle is of no credential of this issuer.")
