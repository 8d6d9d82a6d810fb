"""What the verifier's records say is in the log: the receipt of every decision that said yes, every tariff version,
every edition of the rules, and how many decisions said no in each minute."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from sqlmodel import Session

from credence.circuits.announcement import TariffAnnouncement
from credence.circuits.errors import CircuitError
from credence.circuits.receipt import Receipt
from credence.circuits.verifier_rules import marks_tree
from credence.service.errors import Erased, Unavailable
from credence.service.forgetting import Broken, SubjectKeys
from credence.service.ledger import UNREADABLE, Claim
from credence.service.verifier import denials, records
from credence.service.verifier.records import VerifierTariffVersion
from credence.service.verifier.rules.publishing import read_edition
from credence.service.verifier.rules.records import VerifierRulesEdition, every_edition, marks_until
from credence.service.verifier.sealing import open_answer

_PAGE: Final = 500


def claims(session: Session, keys: SubjectKeys) -> Iterator[Claim]:
    """One for each. A receipt carries its salt, so that its leaf is computed and stands nowhere but in the outbox.

    Nothing is claimed for a receipt that was erased.
    """
    rows = records.accepted_decisions(session)
    while page := list(islice(rows, _PAGE)):
        opened = keys.find_all({row.subject_key for row in page if row.subject_key is not None})
        for row in page:
            try:
                yield _receipt(open_answer(row, None if row.subject_key is None else opened.get(row.subject_key)))
            except Erased:
                continue
            except Broken:
                yield UNREADABLE
    for version in records.every_tariff_version(session):
        yield _announcement(version)
    for edition in every_edition(session):
        yield _edition(edition, marks_until(session, edition.number))
    yield from denials.claims(session)


def _receipt(answer: str) -> Claim:
    try:
        leaf = Receipt.parse(json.loads(answer)["receipt"]["receipt"]).leaf()
    except (ValueError, LookupError, TypeError, CircuitError):
        return UNREADABLE
    return Claim(leaf, leaf)


def _announcement(version: VerifierTariffVersion) -> Claim:
    try:
        said = TariffAnnouncement.parse(json.loads(version.statement)["announcement"])
    except (ValueError, LookupError, TypeError, CircuitError):
        return UNREADABLE
    kept = (version.name, version.version, version.digest, version.announced_at, version.activates_at)
    if kept != (said.name, said.version, said.digest, said.announced_at, said.activates_at):
        return UNREADABLE
    if hashlib.sha256(version.document.encode()).digest() != said.digest:
        return UNREADABLE
    leaf = said.leaf()
    return Claim(leaf, leaf)


def _edition(edition: VerifierRulesEdition, marks: Sequence[bytes]) -> Claim:
    try:
        rules = read_edition(edition)
    except Unavailable:
        return UNREADABLE
    leaf = rules.leaf()
    return Claim(leaf, leaf) if marks_tree(marks).root() == rules.root else UNREADABLE
