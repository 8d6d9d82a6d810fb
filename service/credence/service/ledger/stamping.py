"""The log's word for whoever must not act without it: how far it has published, when, and that nothing was taken back."""

from __future__ import annotations

from credence.circuits.errors import CircuitError
from credence.service.errors import Unavailable
from credence.service.keys.stamp import Stamp
from credence.service.ledger import records
from credence.service.ledger.errors import LedgerError
from credence.service.ledger.log import LedgerService

_MINUTE = 60


def stamped(ledger: LedgerService, first: int) -> tuple[str, tuple[bytes, ...]]:
    """The newest checkpoint as a stamp, and the proof that it extends the one of ``first`` entries (0: none).

    Raises :class:`Unavailable` before the first checkpoint, for a log that is shorter, damaged, or does not extend what its
    witness saw.
    """
    try:
        if ledger.disagreement() is not None:
            raise Unavailable("The log waits to be reconciled.")
        with ledger.store.reading() as session:
            published = records.newest_checkpoint(session)
            if published is None or published.size < first:
                raise Unavailable("The log has not published what is to be stamped.")
            size, root, minute = published.size, published.root, published.minute
            proof = () if first in (0, size) else tuple(ledger.tree.consistency_proof(session, first, size, published))
    except (LedgerError, CircuitError) as error:
        raise Unavailable("The log cannot be shown at present.") from error
    return Stamp(ledger.signer.name, size, root, minute * _MINUTE).sign(ledger.signer), proof
