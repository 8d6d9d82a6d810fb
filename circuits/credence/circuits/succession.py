"""Whether one document of an issuer continues another: what a wallet and a verifier take without asking anybody.

An issuer that rotates its keys publishes another document. A successor names the documents it continues and keeps what they
promised; anything else may be a document that was made for one person. It does not show that others see the same one: two
documents that continue the same one are a fork, which whoever has both can show to everybody.
"""

from __future__ import annotations

from credence.circuits.curve import Curve
from credence.circuits.errors import Refused, Step
from credence.circuits.issuer_document import IssuerDocument, IssuerKey


def check_succession(curve: Curve, earlier: IssuerDocument, later: IssuerDocument, now: int) -> None:
    """Returns iff ``later`` continues ``earlier``. Raises :class:`Refused` (step CONTEXT) with what is in the way, and what
    :meth:`IssuerKey.check_possession` raises.

    It names ``earlier`` and what that one names, in that order; it has the same issuer, log, schemas and accumulators (new
    ones may come), and every key of before, live or retired, but for those that nothing was accepted under any more at
    ``now``. At most two keys are accepted then (:meth:`IssuerDocument.check_live`). Every key that is new, or newly proven,
    comes with a proof of possession.
    """
    if later.issuer != earlier.issuer:
        raise _refused("the document is another issuer's")
    if later.log_vkey != earlier.log_vkey:
        raise _refused("the document names another log")
    if earlier.digest() not in later.previous:
        raise _refused("the document does not name the one of before")
    if not _names(later, earlier):
        raise _refused("the document names others than the one of before does")
    if not set(earlier.schemas) <= set(later.schemas):
        raise _refused("a schema of before is missing")
    if not set(earlier.accumulators) <= set(later.accumulators):
        raise _refused("an accumulator of before is missing or another one")
    later.check_live(now)
    now_by_id = {key.key_id: key for key in later.keys}
    for key in earlier.keys:
        _check_kept(key, now_by_id.get(key.key_id), now)
    known = {(key.key_id, key.possession) for key in earlier.keys}
    for key in later.keys:
        if (key.key_id, key.possession) not in known:
            key.check_possession(curve)


def are_forked(one: IssuerDocument, other: IssuerDocument) -> bool:
    """Whether an issuer shows two documents of which neither continues the other. Both in its log, they convict it.

    One that names two of which neither continues the other is forked from one of them at least. A document names 64 of
    before: of two that lie further apart nothing can be said.
    """
    related = one.digest() == other.digest() or _names(one, other) or _names(other, one)
    return one.issuer == other.issuer and not related


def _names(later: IssuerDocument, earlier: IssuerDocument) -> bool:
    """Whether one names the other, and before that what the other names: a line of documents, and no merging of two."""
    digest = earlier.digest()
    if digest not in later.previous:
        return False
    before = later.previous[later.previous.index(digest) + 1 :]
    return before == earlier.previous[: len(before)]


def _check_kept(before: IssuerKey, after: IssuerKey | None, now: int) -> None:
    if after is None:
        if before.not_after >= now:
            raise _refused("a key of before is missing")
        return
    if (after.suite, after.public_key, after.not_before) != (before.suite, before.public_key, before.not_before):
        raise _refused("a key of before is another one")
    if before.possession and after.possession != before.possession:
        raise _refused("a key of before is proven otherwise")
    if before.retired is not None and after.retired != before.retired:
        raise _refused("a retired key came back, or was retired at another time")
    if after.not_after > before.not_after or (after.retired is None and after.not_after != before.not_after):
        raise _refused("a key of before ends at another time")


def _refused(reason: str) -> Refused:
    return Refused(reason, Step.CONTEXT)
