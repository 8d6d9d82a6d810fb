"""How a step says what must be so: it returns, or the step fails with a sentence."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from credence.sdk.errors import CredenceError, ServiceProblem
from credence.service.demo.report import StepFailed

E = TypeVar("E", bound=CredenceError)


def expect(holds: bool, otherwise: str) -> None:
    """Returns iff ``holds``. Raises :class:`StepFailed` with ``otherwise``."""
    if not holds:
        raise StepFailed(otherwise)


def expect_error(kind: type[E], act: Callable[[], object]) -> E:
    """The error of that very kind that ``act`` raises. Raises :class:`StepFailed` for another one, and for none."""
    try:
        act()
    except CredenceError as error:
        if type(error) is kind:
            return error
        raise StepFailed(f"expected {kind.__name__}, and {type(error).__name__} came: {error.reason}") from error
    raise StepFailed(f"expected {kind.__name__}, and nothing was refused")


def expect_problem(slug: str, status: int, act: Callable[[], object]) -> ServiceProblem:
    """The problem of that type and status that the service answers ``act`` with. Raises :class:`StepFailed` otherwise."""
    try:
        act()
    except ServiceProblem as problem:
        expect(
            (problem.slug, problem.status) == (slug, status),
            f"expected {status} {slug}, and {problem.status} {problem.slug} came",
        )
        return problem
    raise StepFailed(f"expected {status} {slug}, and nothing was refused")
