"""A verifier's rules: the tariffs it prices by and the policies it asks under, as it publishes them to everybody alike.

The ledger holds the digest of every edition, and each edition names those that it continues, so that a policy that was
made for one person is not among what others are shown. A policy stands in it as a mark, a hash of who asks and what is
asked: whoever was shown the policy finds it, and nobody else reads from it whose customers there are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import InitVar, dataclass
from typing import Any, Final, Self

from credence.circuits.encoding import b64u
from credence.circuits.errors import Malformed, Refused, Step
from credence.circuits.fields import Fields, json_digest
from credence.circuits.hashing import Label, sha256_labelled
from credence.circuits.merkle import EMPTY_ROOT, HASH_LENGTH, MAX_SIZE, Tree, leaf_hash, verify_inclusion
from credence.circuits.note import MAX_NOTE, Checkpoint, NoteVerifier, open_checkpoint

RULES_LEAF: Final = "verifier-rules"
"""The kind of an edition's leaf, which is not salted: rules are public."""

MAX_TARIFFS: Final = 128
"""Versions of tariffs in an edition."""

MAX_PREVIOUS: Final = 64
"""Editions of before that an edition names."""

MAX_POLICIES: Final = 1_000_000

_ID: Final = 128
_NAME: Final = 64
_MAX_PATH: Final = 64
_SEAL: Final = object()


def policy_mark(audience: str, policy_hash: bytes) -> bytes:
    """What a policy is found by, 32 bytes: of who asks under it (``<verifier>/<client>``) and its hash."""
    return sha256_labelled(Label.POLICY_MARK, audience.encode(), policy_hash)


def marks_tree(marks: Iterable[bytes]) -> Tree:
    """The tree over marks: each once, ascending, so that the list says nothing of when a policy came."""
    return Tree(leaf_hash(mark) for mark in sorted(set(marks)))


@dataclass(frozen=True, slots=True)
class PublishedTariff:
    """One version of a tariff: ``digest`` is the SHA-256 (32 bytes) of its RFC 8785 form, ``activates_at`` unix seconds."""

    name: str
    version: int
    digest: bytes
    activates_at: int

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read one."""
        fields = Fields(value, "published tariff")
        tariff = cls(
            name=fields.text("name", max_length=_NAME),
            version=fields.integer("version", minimum=1),
            digest=fields.binary("digest", length=32),
            activates_at=fields.integer("activates_at"),
        )
        fields.done()
        return tariff

    def to_json(self) -> dict[str, Any]:
        """The accepted form."""
        return {
            "name": self.name,
            "version": self.version,
            "digest": b64u(self.digest),
            "activates_at": self.activates_at,
        }


@dataclass(frozen=True, slots=True)
class VerifierRules:
    """One edition. ``tariffs`` are the versions that were active or announced when it was published, by name and version.

    ``policies`` is how many policies there are, every registered version of every venue, and ``root`` the root of the tree
    over their marks. ``previous`` are the digests (32 bytes each) of the editions that this one continues, newest first.
    """

    verifier: str
    log_vkey: str
    tariffs: tuple[PublishedTariff, ...]
    policies: int = 0
    root: bytes = EMPTY_ROOT
    previous: tuple[bytes, ...] = ()

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read an edition. Tariffs ascend, each version stands once, and so does each edition of before."""
        fields = Fields(value, "verifier's rules")
        fields.choice("type", "credence/verifier-rules/1")
        rules = cls(
            verifier=fields.text("verifier", max_length=_ID),
            log_vkey=fields.text("log_vkey", max_length=512),
            tariffs=fields.items("tariffs", PublishedTariff.parse, maximum=MAX_TARIFFS),
            policies=fields.integer("policies", maximum=MAX_POLICIES),
            root=fields.binary("root", length=HASH_LENGTH),
            previous=fields.items("previous", _hash, maximum=MAX_PREVIOUS),
        )
        fields.done()
        names = [(tariff.name, tariff.version) for tariff in rules.tariffs]
        if names != sorted(set(names)):
            raise Malformed("tariffs do not ascend, or a version stands twice", Step.SHAPE)
        if len(set(rules.previous)) != len(rules.previous):
            raise Malformed("an edition of before is named twice", Step.SHAPE)
        return rules

    def to_json(self) -> dict[str, Any]:
        """The accepted form."""
        return {
            "type": "credence/verifier-rules/1",
            "verifier": self.verifier,
            "log_vkey": self.log_vkey,
            "tariffs": [tariff.to_json() for tariff in self.tariffs],
            "policies": self.policies,
            "root": b64u(self.root),
            "previous": [b64u(digest) for digest in self.previous],
        }

    def digest(self) -> bytes:
        """SHA-256 of the canonical form, 32 bytes."""
        return json_digest(self.to_json())

    def leaf(self) -> bytes:
        """The edition's leaf in the ledger, 32 bytes."""
        return sha256_labelled(Label.VERIFIER_RULES, self.digest())


def check_rules_succession(earlier: VerifierRules, later: VerifierRules) -> None:
    """Returns iff ``later`` continues ``earlier``. Raises :class:`Refused` (step CONTEXT) with what is in the way.

    It names ``earlier`` and what that one names, in that order; it is of the same verifier and log; it has no fewer
    policies; and a version of a tariff that both have is the same in both.
    """
    if (later.verifier, later.log_vkey) != (earlier.verifier, earlier.log_vkey):
        raise _refused("the rules are another verifier's, or name another log")
    digest = earlier.digest()
    if digest not in later.previous:
        raise _refused("the rules do not name those of before")
    before = later.previous[later.previous.index(digest) + 1 :]
    if before != earlier.previous[: len(before)]:
        raise _refused("the rules name others than those of before do")
    if later.policies < earlier.policies:
        raise _refused("a policy of before is missing")
    kept = {(tariff.name, tariff.version): tariff for tariff in earlier.tariffs}
    if any(kept.get((tariff.name, tariff.version), tariff) != tariff for tariff in later.tariffs):
        raise _refused("a tariff of before is another one")


def check_rules_grown(earlier: VerifierRules, later: VerifierRules) -> None:
    """As :func:`check_rules_succession`, and that no tariff is missing: of each name ``later`` has a version, and every
    version of ``earlier`` that is above the lowest which ``later`` has of it. Past versions are not published any more.
    """
    check_rules_succession(earlier, later)
    shown = {(tariff.name, tariff.version) for tariff in later.tariffs}
    lowest: dict[str, int] = {}
    for name, version in sorted(shown):
        lowest.setdefault(name, version)
    for tariff in earlier.tariffs:
        is_past = tariff.name in lowest and tariff.version < lowest[tariff.name]
        if not is_past and (tariff.name, tariff.version) not in shown:
            raise _refused("a tariff of before is missing")


@dataclass(frozen=True, slots=True)
class PolicyProof:
    """That a policy is published: the edition, its entry in the ledger with the signed note and audit path, and the mark's
    place among the policies with its path. Nothing in it is believed before :func:`verify_published`."""

    rules: VerifierRules
    entry: int
    path: tuple[bytes, ...]
    note: str
    place: int
    policy_path: tuple[bytes, ...]

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read one."""
        fields = Fields(value, "published policy")
        proof = cls(
            rules=VerifierRules.parse(fields.raw_object("rules")),
            entry=fields.integer("entry", maximum=MAX_SIZE),
            path=fields.items("path", _hash, maximum=_MAX_PATH),
            note=_text(fields.binary("note", max_length=MAX_NOTE)),
            place=fields.integer("place", maximum=MAX_POLICIES),
            policy_path=fields.items("policy_path", _hash, maximum=_MAX_PATH),
        )
        fields.done()
        return proof

    def to_json(self) -> dict[str, Any]:
        """The accepted form."""
        return {
            "rules": self.rules.to_json(),
            "entry": self.entry,
            "path": [b64u(value) for value in self.path],
            "note": b64u(self.note.encode()),
            "place": self.place,
            "policy_path": [b64u(value) for value in self.policy_path],
        }


@dataclass(frozen=True, slots=True)
class Published:
    """An edition that has a policy in it, and that the ledger holds as of its own checkpoint ``log``.

    Built by :func:`verify_published` alone.
    """

    rules: VerifierRules
    log: Checkpoint
    seal: InitVar[object]

    def __post_init__(self, seal: object) -> None:
        if seal is not _SEAL:
            raise TypeError("a Published is the result of verify_published")


def verify_published(proof: PolicyProof, audience: str, policy_hash: bytes, tariff: str) -> Published:
    """The edition, if it is that of the audience's verifier, has the policy and its tariff, and is in the log it names.

    Whether that is the log, and the edition, that others are shown, is for the caller to remember. Raises
    :class:`Refused`; :class:`~credence.circuits.errors.CircuitError` for a proof that is none.
    """
    rules = proof.rules
    if audience.partition("/")[0] != rules.verifier:
        raise _refused("the rules are another verifier's")
    if tariff not in {published.name for published in rules.tariffs}:
        raise _refused("the policy's tariff is not published")
    mark = leaf_hash(policy_mark(audience, policy_hash))
    verify_inclusion(mark, proof.place, rules.policies, proof.policy_path, rules.root)
    log = open_checkpoint(proof.note, NoteVerifier.parse(rules.log_vkey))
    verify_inclusion(leaf_hash(rules.leaf()), proof.entry, log.size, proof.path, log.root)
    return Published(rules, log, _SEAL)


def _hash(value: object) -> bytes:
    return Fields({"hash": value}, "hash").binary("hash", length=HASH_LENGTH)


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise Malformed("a note is UTF-8", Step.SHAPE) from error


def _refused(reason: str) -> Refused:
    return Refused(reason, Step.CONTEXT)
