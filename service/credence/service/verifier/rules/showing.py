"""Which edition of the rules is shown, and the proof that a policy is in it.

An edition is shown once the log holds it, the very first at once. The proof goes with every request, so that a wallet asks
nobody; it is the same for everybody who is asked under that policy.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import Final

from credence.circuits.merkle import Tree
from credence.circuits.note import open_checkpoint
from credence.circuits.policy import Policy
from credence.circuits.verifier_rules import PolicyProof, VerifierRules, marks_tree, policy_mark
from credence.service.errors import NotFound
from credence.service.ledger import LedgerError
from credence.service.runtime import Services
from credence.service.store import Store
from credence.service.verifier.rules import records as editions
from credence.service.verifier.rules.publishing import read_edition
from credence.service.verifier.rules.records import VerifierRulesEdition
from credence.service.verifier.sessions import audience_of

PAGE: Final = 1_000
"""Marks that are listed at once."""

_AT_ONCE: Final = 64
"""Editions that are looked for in the log at once: of more that wait, an older one is found later."""


@dataclass(frozen=True, slots=True)
class _Shown:
    """An edition that the log holds: its number, its entry with the audit path under ``note``, and its policies' tree."""

    number: int
    rules: VerifierRules
    entry: int
    path: tuple[bytes, ...]
    note: str
    tree: Tree
    marks: tuple[bytes, ...]
    places: dict[bytes, int]


class Rulebook:
    """The editions of one verifier. Safe for many threads, and beside other processes."""

    def __init__(self, services: Services, store: Store) -> None:
        self._services: Final = services
        self._store: Final = store
        self._lock: Final = Lock()
        self._shown: _Shown | None = None

    def rules(self) -> VerifierRules | None:
        """The edition that is shown; before the log holds any, the newest one; None before there is one."""
        shown = self._take_up()
        if shown is not None:
            return shown.rules
        with self._store.reading() as session:
            row = editions.newest_edition(session)
        return None if row is None else read_edition(row)

    def proof(self, venue: str, policy: Policy) -> PolicyProof | None:
        """That a venue's policy is published; None while the log does not hold an edition that has it."""
        shown = self._take_up()
        if shown is None:
            return None
        audience = audience_of(self._services.settings.verifier_id, venue)
        place = shown.places.get(policy_mark(audience, policy.digest))
        if place is None:
            return None
        path = tuple(shown.tree.inclusion_proof(place))
        return PolicyProof(shown.rules, shown.entry, shown.path, shown.note, place, path)

    def edition(self, digest: bytes) -> VerifierRules:
        """The edition with a digest, the one that is shown or one before it. Raises :class:`NotFound`."""
        return read_edition(self._found(digest))

    def marks(self, after: bytes, digest: bytes | None = None) -> tuple[bytes, ...]:
        """Up to ``PAGE`` marks of the edition that is shown, ascending, those above ``after``; or those of the edition with
        a digest. Raises :class:`NotFound`."""
        if digest is not None:
            number = self._found(digest).number
            with self._store.reading() as session:
                return tuple(editions.marks_page(session, number, after, PAGE))
        shown = self._take_up()
        if shown is None:
            return ()
        return tuple(mark for mark in shown.marks if mark > after)[:PAGE]

    def _found(self, digest: bytes) -> VerifierRulesEdition:
        shown = self._take_up()
        with self._store.reading() as session:
            row = editions.find_edition(session, digest)
        if row is None or shown is None or row.number > shown.number:
            raise NotFound("There is no such edition.")
        return row

    def _take_up(self) -> _Shown | None:
        shown = self._shown
        with self._store.reading() as session:
            newest = editions.newest_number(session)
        if newest is None or (shown is not None and newest <= shown.number):
            return shown
        with self._lock:
            known = -1 if self._shown is None else self._shown.number
            with self._store.reading() as session:
                rows = editions.editions_after(session, known, _AT_ONCE)
            for row in rows:
                rules = read_edition(row)
                if (found := self._in_log(rules)) is not None:
                    with self._store.reading() as session:
                        marks = tuple(editions.marks_until(session, row.number))
                    places = {mark: place for place, mark in enumerate(marks)}
                    self._shown = _Shown(row.number, rules, *found, marks_tree(marks), marks, places)
                    break
            return self._shown

    def _in_log(self, rules: VerifierRules) -> tuple[int, tuple[bytes, ...], str] | None:
        ledger = self._services.ledger
        try:
            note = ledger.note()
            found = ledger.inclusion(rules.leaf(), open_checkpoint(note, ledger.verifier).size)
        except LedgerError:
            return None
        return found.index, found.proof, note
