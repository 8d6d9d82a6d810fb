"""What of a pseudonym is sealed under its key: the decision as it was answered, with its receipt's salt, and what was kept
for trustees. A denied decision is about nobody, and stays in the clear."""

from __future__ import annotations

from typing import Final

from credence.service.errors import Erased
from credence.service.forgetting import Keeping, KeyNotes, Kind, SubjectKey
from credence.service.store import Store, metadata
from credence.service.verifier.records import VerifierDecision, VerifierDestroyedKey

DECISIONS: Final = "verifier_decisions"

KEYS: Final = KeyNotes(metadata.tables[VerifierDestroyedKey.__tablename__], [metadata.tables[DECISIONS]])
"""Which keys are to be gone, and whatever names one."""


def key_of(keeping: Keeping, store: Store, venue: str, pseudonym: bytes | None, session_id: str, now: int) -> SubjectKey:
    """The key of a venue's pseudonym; of an acceptance without one, a key of its own. Not inside a transaction. ``store`` is
    the verifier's; whoever writes a row under the key claims it there (:data:`KEYS`)."""
    if pseudonym is None:
        return KEYS.obtain(store, keeping.keys, Kind.SESSION, session_id.encode(), now=now)
    return KEYS.obtain(store, keeping.keys, Kind.PSEUDONYM, venue.encode(), pseudonym, now=now)


def seal_decision(row: VerifierDecision, key: SubjectKey) -> VerifierDecision:
    """Seals what a new row says of a pseudonym."""
    place = _place(row)
    row.subject_key = key.key_id
    row.answer = key.seal_text(DECISIONS, "answer", place, row.answer)
    row.facts = None if row.facts is None else key.seal_text(DECISIONS, "facts", place, row.facts)
    row.sealed = None if row.sealed is None else key.seal_text(DECISIONS, "sealed", place, row.sealed)
    return row


def answer_of(keeping: Keeping, row: VerifierDecision) -> str:
    """A decision as it was answered. Raises :class:`~credence.service.errors.Erased`."""
    return open_answer(row, None if row.subject_key is None else keeping.keys.find(row.subject_key))


def open_answer(row: VerifierDecision, key: SubjectKey | None) -> str:
    """The same with the row's key, None where that was destroyed. Raises as :func:`answer_of`."""
    return _opened(row, key, "answer", row.answer)


def facts_of(keeping: Keeping, row: VerifierDecision) -> str | None:
    """What a decision was priced by, as JSON, where it was kept. Raises as :func:`answer_of`."""
    if row.facts is None or row.subject_key is None:
        return row.facts
    return _opened(row, keeping.keys.find(row.subject_key), "facts", row.facts)


def presentation_of(keeping: Keeping, row: VerifierDecision) -> str | None:
    """The presentation that sealed a handle to trustees, as JSON, where one did. Raises as :func:`answer_of`."""
    if row.sealed is None or row.subject_key is None:
        return row.sealed
    return _opened(row, keeping.keys.find(row.subject_key), "sealed", row.sealed)


def _opened(row: VerifierDecision, key: SubjectKey | None, column: str, text: str) -> str:
    if row.subject_key is None:
        return text
    if key is None:
        raise Erased
    return key.open_text(DECISIONS, column, _place(row), text)


def _place(row: VerifierDecision) -> str:
    return f"{row.session_id}/{row.attempt}"
