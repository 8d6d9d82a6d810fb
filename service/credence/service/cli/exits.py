"""How a command ends: four exit codes, and one clear line where it is not 0."""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar, Final

INTERRUPTED: Final = 130
"""What shells expect of a command that was interrupted from the keyboard."""


class ExitCode(IntEnum):
    """The documented codes."""

    OK = 0
    FAILED = 1
    """The check failed, or what was asked is refused."""
    USAGE = 2
    """The command line, or a file that it names, cannot be used."""
    NOT_READY = 3
    """The environment is not ready: no installation, no database, no service."""


class CommandError(Exception):
    """A command ends with ``code``; ``reason`` is the line that is shown. It never holds a secret."""

    code: ClassVar[ExitCode]

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Failed(CommandError):
    """See :attr:`ExitCode.FAILED`."""

    code = ExitCode.FAILED


class BadUsage(CommandError):
    """See :attr:`ExitCode.USAGE`."""

    code = ExitCode.USAGE


class NotReady(CommandError):
    """See :attr:`ExitCode.NOT_READY`."""

    code = ExitCode.NOT_READY


def codes(failed: str, not_ready: str = "the environment is not ready") -> str:
    """The last paragraph of a command's help."""
    return f"Exit codes: 0 ok, 1 {failed}, 2 usage, 3 {not_ready}."


def judged(error: Exception) -> tuple[int, str]:
    """The exit code of an error that reached the top, and its line. An unexpected one is named by its type alone."""
    found = _own(error) or _service(error) or _circuits(error) or _sdk(error) or _system(error)
    if found is not None:
        return found
    reason = getattr(error, "reason", None)
    if isinstance(reason, str) and reason and type(error).__module__.startswith("credence."):
        return ExitCode.FAILED, reason
    line = f"an unexpected error ({type(error).__name__}); credence --debug … shows where"
    return ExitCode.FAILED, line


def _own(error: Exception) -> tuple[int, str] | None:
    return (error.code, error.reason) if isinstance(error, CommandError) else None


def _service(error: Exception) -> tuple[int, str] | None:
    from credence.service import errors

    if not isinstance(error, errors.ServiceError):
        return None
    if isinstance(error, errors.Misconfigured | errors.Delayed):
        return ExitCode.NOT_READY, error.reason
    return ExitCode.USAGE if isinstance(error, errors.InvalidRequest) else ExitCode.FAILED, error.reason


def _circuits(error: Exception) -> tuple[int, str] | None:
    from credence.circuits import errors

    if not isinstance(error, errors.CircuitError):
        return None
    readable = isinstance(error, errors.Refused | errors.Unprovable)
    return ExitCode.FAILED if readable else ExitCode.USAGE, error.reason


def _sdk(error: Exception) -> tuple[int, str] | None:
    from credence.sdk import errors

    if not isinstance(error, errors.CredenceError):
        return None
    if isinstance(error, errors.Unsendable):
        return ExitCode.USAGE, error.reason
    if isinstance(error, errors.ServiceProblem):
        number = f", request {error.request_id}" if error.request_id else ""
        later = isinstance(error, errors.RateLimited | errors.Unavailable)
        line = f"the service refuses: {error.reason} ({error.slug}{number})"
        return ExitCode.NOT_READY if later else ExitCode.FAILED, line
    absent = isinstance(error, errors.TransportError | errors.VaultUnavailable)
    return ExitCode.NOT_READY if absent else ExitCode.FAILED, error.reason


def _system(error: Exception) -> tuple[int, str] | None:
    if isinstance(error, OSError):
        place = f": {error.filename}" if isinstance(error.filename, str) else ""
        return ExitCode.NOT_READY, f"{error.strerror or type(error).__name__}{place}"
    from sqlalchemy.exc import DBAPIError

    if isinstance(error, DBAPIError):  # its text holds the statement and its values
        return ExitCode.NOT_READY, f"the database does not do what was asked ({type(error.orig).__name__})"
    return None
