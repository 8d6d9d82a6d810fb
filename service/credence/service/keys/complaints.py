"""How a keeper says no over its socket, and what that is again on the other side. No complaint carries what was sent."""

from __future__ import annotations

from typing import Any, Final

from credence.circuits.errors import CircuitError, IllFormed, Malformed, Refused, Step
from credence.circuits.fields import Fields, Json
from credence.service.keys.ports import KeeperAway
from credence.service.keys.seal import KeyringRefused

_CIRCUIT: Final[dict[str, type[CircuitError]]] = {"malformed": Malformed, "ill-formed": IllFormed, "refused": Refused}
_SLUGS: Final = {kind: slug for slug, kind in _CIRCUIT.items()}


class Declined(Exception):
    """A keeper that does not do what it was asked, though it was asked well.

    ``slug`` is one of ``ledger-stale``, ``ledger-behind``, ``ledger-forged``, ``too-many``, ``unknown-op``,
    ``unknown-protocol``, ``log-failed``; ``retry_after`` are seconds.
    """

    def __init__(self, slug: str, reason: str, retry_after: int = 1) -> None:
        super().__init__(reason)
        self.slug = slug
        self.reason = reason
        self.retry_after = retry_after


def complaint(error: Exception) -> dict[str, Any]:
    """An error as it goes over the wire; an unexpected one says nothing of itself."""
    if isinstance(error, Declined):
        return {"slug": error.slug, "reason": error.reason, "retry_after": error.retry_after}
    if isinstance(error, KeyringRefused):
        return {"slug": "key-not-live", "reason": "There is no such live key."}
    if isinstance(error, CircuitError) and type(error) in _SLUGS:
        step = {} if error.step is None else {"step": int(error.step)}
        return {"slug": _SLUGS[type(error)], "reason": error.reason, **step}
    return {"slug": "internal", "reason": "The keeper failed."}


def heard(answer: Json) -> Json:
    """The content of an answer. Raises what the keeper raised, :class:`Declined`, and :class:`KeeperAway` for what is no
    answer, or an error that says nothing.
    """
    try:
        done, failed = _read(answer)
    except Malformed as error:
        raise KeeperAway from error
    if failed is not None:
        raise failed
    return done


def _read(answer: Json) -> tuple[Json, Exception | None]:
    fields = Fields(answer, "answer")
    if fields.has("done"):
        done = fields.raw_object("done")
        fields.done()
        return done, None
    said = fields.nested("failed")
    fields.done()
    slug, reason = said.text("slug", max_length=64), said.text("reason", max_length=256)
    if slug in _CIRCUIT:
        step = Step(said.integer("step", minimum=1, maximum=max(Step))) if said.has("step") else None
        return {}, _CIRCUIT[slug](reason, step)
    if slug == "key-not-live":
        return {}, KeyringRefused(reason)
    if slug == "internal":
        return {}, KeeperAway()
    return {}, Declined(slug, reason, said.integer("retry_after", minimum=1, maximum=86_400))
