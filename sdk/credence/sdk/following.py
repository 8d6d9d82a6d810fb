"""Follow a transparency log and hold it to what it signed, whoever waits for the network.

An auditor pins one log by its verifier key and remembers the newest checkpoint it has seen. Every later checkpoint must
continue that one; every leaf, attestation and receipt is checked against a checkpoint that did. What the auditor remembers
(:class:`Seen`) is for the caller to keep: without it, each start begins anew and a rollback in between goes unnoticed.

These are the flows; :class:`~credence.sdk.auditor.Auditor` says what each is for and what it raises.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Generic, Self

from credence.circuits.encoding import b64u
from credence.circuits.errors import CircuitError, Malformed
from credence.circuits.fields import Fields, Json
from credence.circuits.merkle import leaf_hash, verify_consistency, verify_inclusion
from credence.circuits.note import MAX_NOTE, Checkpoint, NoteVerifier, open_checkpoint
from credence.circuits.receipt import Receipt
from credence.circuits.verifier_rules import VerifierRules, marks_tree, policy_mark
from credence.circuits.wire import IssuerDocument
from credence.sdk.calls import ask, issuer, log, verifier
from credence.sdk.calls.verifier import VerifierDocument
from credence.sdk.errors import (
    BadResponse,
    CheckpointInvalid,
    InclusionFailed,
    InvalidRequest,
    LogForked,
    LogRolledBack,
    NotFound,
)
from credence.sdk.flow import Flow, W


@dataclass(frozen=True, slots=True)
class Seen:
    """What an auditor remembers: the log's verifier key and the newest checkpoint's signed note."""

    vkey: str
    note: str

    def to_json(self) -> dict[str, str]:
        """The form to keep in a file."""
        return {"type": "credence/seen/1", "vkey": self.vkey, "note": b64u(self.note.encode())}

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read :meth:`to_json`. Raises :class:`CheckpointInvalid`; the note itself is checked by :class:`Auditor`."""
        try:
            fields = Fields(value, "seen checkpoint")
            fields.choice("type", "credence/seen/1")
            seen = cls(fields.text("vkey", max_length=512), fields.binary("note", max_length=MAX_NOTE).decode())
            fields.done()
        except (Malformed, UnicodeDecodeError) as error:
            raise CheckpointInvalid("What was remembered of the log cannot be read.") from error
        return seen


@dataclass(frozen=True, slots=True)
class Inclusion:
    """A leaf was entry ``index`` of the log as of ``checkpoint``."""

    index: int
    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True)
class AuditedReceipt:
    """A receipt whose signature holds. ``inclusion`` is None for a denied one, which has no leaf."""

    receipt: Receipt
    inclusion: Inclusion | None


@dataclass(frozen=True, slots=True)
class AuditedRules:
    """A verifier's rules that the log holds at ``inclusion``, and the marks of all policies in them."""

    rules: VerifierRules
    inclusion: Inclusion
    marks: frozenset[bytes]

    def has(self, audience: str, policy_hash: bytes) -> bool:
        """Whether a policy of an audience (``<verifier>/<client>``) is among them."""
        return policy_mark(audience, policy_hash) in self.marks


_READINGS: Final = 3
"""Of the verifier's list of policies: another edition may come while it is read."""


class Follower(Generic[W]):
    """Follows the log whose verifier key is ``vkey``, ``way`` being the way to its service. One flow at a time."""

    def __init__(self, way: W, vkey: str, *, seen: Seen | None = None) -> None:
        self._way = way
        try:
            self._log = NoteVerifier.parse(vkey)
        except Malformed as error:
            raise CheckpointInvalid("The log's verifier key cannot be read.") from error
        if seen is not None:
            if seen.vkey != vkey:
                raise CheckpointInvalid("What was remembered is of another log.")
            self._open(seen.note)
        self._seen = seen

    @property
    def vkey(self) -> str:
        """The pinned log's verifier key."""
        return self._log.vkey

    @property
    def seen(self) -> Seen | None:
        """What to remember; None before the first checkpoint."""
        return self._seen

    def follow(self) -> Flow[W, Checkpoint]:
        """Fetch the newest checkpoint, see that it continues the remembered one, remember it."""
        remembered = self._seen
        try:
            note = self._own((yield from ask(self._way, log.checkpoint())))
        except NotFound as error:
            if remembered is None:
                raise
            raise LogRolledBack("The log has lost every checkpoint.", evidence=(remembered.note, "")) from error
        checkpoint = self._open(note)
        if remembered is not None:
            if checkpoint.size < self._open(remembered.note).size:
                raise LogRolledBack(evidence=(remembered.note, note))
            yield from self.check_consistency(remembered.note, note)
        self._seen = Seen(self.vkey, note)
        return checkpoint

    def check_consistency(self, one: str, other: str) -> Flow[W, None]:
        """Return iff one of two signed checkpoints continues the other, in whichever order."""
        (older, old_note), (newer, new_note) = sorted(
            ((self._open(one), one), (self._open(other), other)), key=lambda pair: pair[0].size
        )
        forked = LogForked(evidence=(old_note, new_note))
        if older.size == newer.size:
            if older.root != newer.root:
                raise forked
            return
        if older.size == 0:
            return
        try:
            proof = yield from ask(self._way, log.consistency(older.size, newer.size))
            verify_consistency(older.size, newer.size, older.root, newer.root, proof)
        except (CircuitError, InvalidRequest, NotFound) as error:
            # it has signed two histories and, asked, cannot join them
            raise forked from error

    def join(self, note: str) -> Flow[W, None]:
        """Return iff a signed checkpoint that somebody else showed is of the remembered history; remember the newer one."""
        note = self._own(note)
        remembered = self._seen
        if remembered is not None:
            yield from self.check_consistency(remembered.note, note)
        if remembered is None or self._open(remembered.note).size < self._open(note).size:
            self._seen = Seen(self.vkey, note)

    def inclusion(self, leaf: bytes) -> Flow[W, Inclusion]:
        """Where the 32 bytes ``leaf`` stand in the log as it is now; :meth:`follow` runs first."""
        checkpoint = yield from self.follow()
        if checkpoint.size == 0:
            raise InclusionFailed
        try:
            proof = yield from ask(self._way, log.inclusion(leaf, checkpoint.size))
            verify_inclusion(leaf_hash(leaf), proof.index, checkpoint.size, proof.hashes, checkpoint.root)
        except (CircuitError, InvalidRequest, NotFound) as error:
            raise InclusionFailed from error
        return Inclusion(proof.index, checkpoint)

    def attestation(self, attestation_id: str, *, leaf: bytes | None = None) -> Flow[W, Inclusion]:
        """Where an attestation stands in the log; ``leaf`` is what its holder was told, if that is known."""
        record = yield from ask(self._way, issuer.attestation(attestation_id))
        if leaf is not None and record.leaf != leaf:
            raise InclusionFailed("The issuer publishes another leaf for this attestation.")
        found = yield from self.inclusion(record.leaf)
        if record.entry_index is not None and record.entry_index != found.index:
            raise InclusionFailed("The attestation is not where its issuer says.")
        return found

    def issuer_document(self, document: IssuerDocument) -> Flow[W, Inclusion]:
        """Where an issuer's document stands in the log."""
        return (yield from self.inclusion(document.leaf()))

    def verifier_document(self) -> Flow[W, VerifierDocument]:
        """What the verifier publishes of itself."""
        return ask(self._way, verifier.document())

    def verifier_rules(self) -> Flow[W, AuditedRules]:
        """The verifier's rules, where they stand in the log, and every mark in them."""
        for _ in range(_READINGS):
            rules = (yield from self.verifier_document()).rules
            if rules is None:
                raise InclusionFailed("The verifier publishes no rules.")
            found = yield from self.inclusion(rules.leaf())
            marks = yield from self.marks(rules.digest(), rules.policies)
            if marks_tree(marks).root() == rules.root and len(marks) == rules.policies:
                return AuditedRules(rules, found, marks)
        raise BadResponse("The verifier's list of policies is not that of its rules.")

    def edition(self, digest: bytes) -> Flow[W, VerifierRules]:
        """The edition of the verifier's rules with a digest (32 bytes); the log is not asked."""
        return ask(self._way, verifier.rules_edition(digest))

    def marks(self, edition: bytes, most: int) -> Flow[W, frozenset[bytes]]:
        """Every mark of an edition, a page at a time, and one page more than there should be at most."""
        marks: set[bytes] = set()
        last = b""
        while len(marks) <= most:
            page = yield from ask(self._way, verifier.published_policies(edition, last))
            if not page:
                break
            if page[0] <= last or list(page) != sorted(set(page)):
                raise BadResponse("The verifier's list of policies does not ascend.")
            marks.update(page)
            last = page[-1]
        return frozenset(marks)

    def receipt(self, signed: Json, document: VerifierDocument) -> Flow[W, AuditedReceipt]:
        """Check a signed receipt against the verifier's published keys and, where it was accepted, the log."""
        receipt = document.open(signed)
        if receipt.decision == "denied":
            return AuditedReceipt(receipt, None)
        return AuditedReceipt(receipt, (yield from self.inclusion(receipt.leaf())))

    def _own(self, note: str) -> str:
        """The note with the log's signature alone: what others signed beside it need not be kept, nor grow the memory."""
        self._open(note)
        text, _, signatures = note.rpartition("\n\n")
        for line in signatures.splitlines():
            own = f"{text}\n\n{line}\n"
            if line.split(" ")[1:2] != [self._log.name]:
                continue
            try:
                self._open(own)
            except CheckpointInvalid:
                continue
            return own
        raise CheckpointInvalid

    def _open(self, note: str) -> Checkpoint:
        try:
            return open_checkpoint(note, self._log)
        except CircuitError as error:
            raise CheckpointInvalid from error
