"""The witness: the newest checkpoint that the log ever signed, in a file that no restore of a database reaches.

It lies beside the keyring. A checkpoint is written here, durably, before it is stored, so that nothing was ever published
that the witness does not know; and its entries were durable before that, so that a crash in between accuses nobody. A log
that does not extend its witness was restored from a backup, or is another log: it is not signed until somebody decides.
"""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from typing import Final

from sqlmodel import Session

from credence.circuits.errors import CircuitError
from credence.circuits.note import Checkpoint, NoteVerifier, open_checkpoint
from credence.service.errors import Unavailable
from credence.service.ledger import records
from credence.service.ledger.errors import Fault, Finding
from credence.service.ledger.tree import LogTree
from credence.service.store import durable

_MAX_BYTES: Final = 4_096


class Witness:
    """The file of one log. Safe for several threads; several processes may share it."""

    def __init__(self, path: Path, verifier: NoteVerifier) -> None:
        self.path: Final = path
        self._verifier: Final = verifier
        self._lock: Final = Lock()

    def note(self) -> str | None:
        """What the file holds, whatever that is; None where there is none. Raises :class:`Unavailable` if unreadable."""
        try:
            with self.path.open("rb") as file:
                return file.read(_MAX_BYTES).decode("utf-8", errors="replace")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unavailable("the log's witness file cannot be read") from error

    def checkpoint(self) -> Checkpoint | None:
        """What it saw last; None where there is no file. Raises :class:`CircuitError` for a note that is not this log's."""
        note = self.note()
        return None if note is None else open_checkpoint(note, self._verifier)

    def keep(self, note: str, size: int) -> None:
        """Remembers a checkpoint of ``size`` unless it saw a later one. Raises :class:`Unavailable` if it cannot write."""
        with self._lock:
            seen = self.checkpoint()
            if seen is None or seen.size < size:
                self._write(note)

    def overrule(self, note: str) -> None:
        """Remembers this checkpoint and no other: a person has decided. Raises as :meth:`keep`."""
        with self._lock:
            self._write(note)

    def _write(self, note: str) -> None:
        try:
            with durable.replacing(self.path) as file:
                file.write(note.encode())
        except OSError as error:
            raise Unavailable("the log's witness file cannot be written") from error


def disagreement(session: Session, tree: LogTree, witness: Witness) -> Finding | None:
    """What keeps the log from extending its witness; None where nothing does.

    ``session`` is a transaction that has appended nothing. Raises :class:`~credence.service.ledger.errors.LedgerDamaged`
    where the rows contradict themselves, which is another matter.
    """
    try:
        seen = witness.checkpoint()  # before the rows, because the log grows before its witness does
        published = records.newest_checkpoint(session)
        if seen is None and published is not None:
            seen = witness.checkpoint()  # unless another process published the first one just now
    except CircuitError as error:
        return Finding(Fault.UNWITNESSED, 0, f"the witness file is not this log's ({error.reason})")
    if seen is None:
        if published is None:
            return None
        return Finding(Fault.UNWITNESSED, published.size, "there is no witness file, although checkpoints were published")
    size = records.count_entries(session)
    if size < seen.size:
        return Finding(Fault.ROLLED_BACK, seen.size, f"the log has {size} entries only")
    if not tree.is_current(session, seen.size) or tree.root(session, seen.size) != seen.root:
        return Finding(Fault.FORKED, seen.size, "other entries lead to another root")
    return None
