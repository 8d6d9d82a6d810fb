"""A master key that a key store elsewhere seals: a KMS, an HSM, whatever a command of the operator's speaks to.

The master key is drawn here and lives in memory alone. The keyring's header has it sealed by the store, bound to what it is
for; to open the keyring, the store opens that. The store sees neither the keyring nor anything that is in it.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Protocol

from credence.circuits.encoding import Rng, b64u, b64u_decode
from credence.circuits.errors import CircuitError
from credence.service.keys.master import MASTER_LENGTH
from credence.service.keys.seal import KeyringRefused

MAX_SEALED: Final = 8_192
"""Bytes of the largest sealed master key."""

DEADLINE: Final = 15.0
"""Seconds that a key store has for one answer."""

ASSOCIATED: Final = b"credence/keyring/1 master"
"""What a sealed master key is bound to where the store binds anything: it opens for nothing else."""

_KIND: Final = "external"
_PASSED_ON: Final = ("HOME", "LANG", "LC_ALL", "PATH", "TMPDIR", "TZ")


class KeyStore(Protocol):
    """Seals 32 bytes, and opens what it sealed. Both raise :class:`KeyringRefused`, whose reason holds neither."""

    def wrap(self, secret: bytes, associated: bytes) -> bytes:
        """``secret`` sealed, 1 to ``MAX_SEALED`` bytes, bound to ``associated``."""
        ...

    def unwrap(self, sealed: bytes, associated: bytes) -> bytes:
        """The secret again, for the same ``associated``."""
        ...


@dataclass(frozen=True)
class ExternalMaster:
    """A master key that ``store`` has sealed."""

    store: KeyStore

    def lock(self, rng: Rng) -> tuple[dict[str, Any], bytes]:
        """A new master key, and a header with it sealed. It is opened again at once: what does not open locks nothing."""
        key = rng(MASTER_LENGTH)
        sealed = self.store.wrap(key, ASSOCIATED)
        if not 1 <= len(sealed) <= MAX_SEALED or key in sealed:
            raise KeyringRefused("the key store did not seal the master key")
        header = {"kind": _KIND, "sealed": b64u(sealed)}
        if self.unlock(header) != key:
            raise KeyringRefused("the key store does not open what it sealed")
        return header, key

    def unlock(self, header: Mapping[str, Any]) -> bytes:
        """The key, from the store. Raises :class:`KeyringRefused` for a header of another kind or form, and as the store."""
        if set(header) != {"kind", "sealed"} or header["kind"] != _KIND or not isinstance(header["sealed"], str):
            raise KeyringRefused("this keyring is not opened by a key store")
        try:
            sealed = b64u_decode(header["sealed"], max_length=2 * MAX_SEALED)
        except CircuitError as error:
            raise KeyringRefused("the keyring's header is malformed") from error
        key = self.store.unwrap(sealed, ASSOCIATED)
        if len(key) != MASTER_LENGTH:
            raise KeyringRefused("the key store's answer is no master key")
        return key


@dataclass(frozen=True)
class CommandStore:
    """A key store behind a program: ``argv`` and then ``wrap`` or ``unwrap``, without a shell.

    The program reads one line, the associated data in base64url, and then the bytes to seal or to open; it writes the sealed
    or opened bytes, alone, and ends with 0. No secret is in its arguments or its environment, which has what programs need
    (``PATH``, ``HOME``, …) and what ``passed_on`` names; what it says on standard error is read by nobody.
    """

    argv: Sequence[str]
    passed_on: tuple[str, ...] = ()
    deadline: float = DEADLINE

    def wrap(self, secret: bytes, associated: bytes) -> bytes:
        """See :meth:`KeyStore.wrap`."""
        return self._ask("wrap", secret, associated)

    def unwrap(self, sealed: bytes, associated: bytes) -> bytes:
        """See :meth:`KeyStore.unwrap`."""
        return self._ask("unwrap", sealed, associated)

    def _ask(self, verb: str, content: bytes, associated: bytes) -> bytes:
        end = time.monotonic() + self.deadline
        environment = {name: os.environ[name] for name in (*_PASSED_ON, *self.passed_on) if name in os.environ}
        try:
            program = subprocess.Popen(  # noqa: S603 - the operator's own words, no shell
                [*self.argv, verb],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
                cwd="/",
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise KeyringRefused("the key store's command cannot be started") from error
        try:
            answer = _exchanged(program, b64u(associated).encode() + b"\n" + content, end)
            if len(answer) > MAX_SEALED:
                raise KeyringRefused("the key store's command answered too much")
            status = program.wait(max(end - time.monotonic(), 0))
        except subprocess.TimeoutExpired as error:
            raise KeyringRefused("the key store's command did not answer in time") from error
        finally:
            _end(program)
        if status != 0:
            raise KeyringRefused("the key store's command refused, or failed")
        if not answer:
            raise KeyringRefused("the key store's command answered nothing")
        return answer


def _exchanged(program: subprocess.Popen[bytes], given: bytes, end: float) -> bytes:
    """What a program answers until it closes its output, or has said more than it may. Raises ``TimeoutExpired``."""
    given_to, told_by = program.stdin, program.stdout
    if given_to is None or told_by is None:
        raise KeyringRefused("the key store's command has no pipes")
    with suppress(BrokenPipeError):
        given_to.write(given)  # a pipe holds more than this at once, whether it is read or not
    with suppress(BrokenPipeError):
        given_to.close()
    answer, output = b"", told_by.fileno()
    while len(answer) <= MAX_SEALED:
        if not select.select([output], [], [], max(end - time.monotonic(), 0))[0]:
            raise subprocess.TimeoutExpired("", 0)
        piece = os.read(output, MAX_SEALED + 1)
        if not piece:
            return answer
        answer += piece
    return answer


def _end(program: subprocess.Popen[bytes]) -> None:
    """A program that has not ended, and whatever it started, is not to outlive its question."""
    if program.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(program.pid, signal.SIGKILL)
        program.wait()
    if program.stdout is not None:
        program.stdout.close()
