"""An effect that takes place once: its answer is kept in its own transaction, and given again to whoever repeats it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, TypeVar

from sqlalchemy.exc import DBAPIError
from sqlmodel import Session
from starlette.responses import Response

from credence.service.errors import IdempotencyMismatch, InProgress, ServiceError
from credence.service.idempotency import records
from credence.service.idempotency.answer import Answer
from credence.service.idempotency.handle import Handle
from credence.service.runtime import Services
from credence.service.store import Run, Store
from credence.service.store.faults import is_lock_timeout

T = TypeVar("T")

_TAKES: Final = 2
"""How often a digest is reached for: once more after an answer that has expired was cleared away."""


class _Found(Exception):
    """No error: it ends the transaction of a request that was answered before."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


class Effect:
    """One request's. Without ``handles`` it came without a key, and whatever it does it does each time it is sent.

    ``handles`` are the request's under each live key of the keyring, newest first.
    """

    def __init__(self, services: Services, handles: Sequence[Handle]) -> None:
        self._services: Final = services
        self._handles: Final = tuple(handles)

    def run(self, store: Store, work: Callable[[Session], T], answer: Callable[[T], Answer]) -> Response:
        """``answer`` of ``work``, which runs in one transaction of ``store`` as by :meth:`Store.run`.

        With a key, the transaction takes the key first and stores the answer last. Raises :class:`IdempotencyMismatch`
        where the key belongs to another request, and :class:`InProgress` where a request with it has not ended in time.
        """
        return self._once(store, lambda run: run(work), answer)

    def around(self, store: Store, effect: Callable[[Run[T]], T], answer: Callable[[T], Answer]) -> Response:
        """The same for an effect that has work to do before its transaction: it is given what runs that, to call once.

        A repeat is answered before any of it is done. Raises as :meth:`run`.
        """
        if not self._handles:
            return self._once(store, effect, answer)
        try:
            if held := self._held(store):
                return self._again(held)
            return self._once(store, effect, answer)
        except (InProgress, IdempotencyMismatch):
            raise
        except ServiceError:
            # what it was refused for may be what an equal request has just done
            if held := self._held(store):
                return self._again(held)
            raise

    def _once(self, store: Store, effect: Callable[[Run[T]], T], answer: Callable[[T], Answer]) -> Response:
        if not self._handles:
            return answer(effect(store.run)).response()
        said: list[Answer] = []

        def run(work: Callable[[Session], T]) -> T:
            result, found = store.run(partial(self._kept, work=work, answer=answer))
            said.append(found)
            return result

        try:
            effect(run)
        except _Found as found:
            return self._again(found.answer)
        return said.pop().response()

    def _kept(self, session: Session, work: Callable[[Session], T], answer: Callable[[T], Answer]) -> tuple[T, Answer]:
        """``work`` between taking the key and storing the answer. Raises :class:`_Found` for a repeat."""
        handle, services = self._handles[0], self._services
        self._take(session)
        result = work(session)
        said = answer(result)
        records.fulfil(session, handle.digest, handle.seal(said, services.rng))
        return result, said

    def _take(self, session: Session) -> None:
        handle, now = self._handles[0], self._services.clock()
        if earlier := self._find(session, self._handles[1:], now):
            raise _Found(earlier)
        until = now + self._services.settings.idempotency_seconds
        for _ in range(_TAKES):
            try:
                if records.claim(session, handle.digest, handle.fingerprint, until=until):
                    return
            except DBAPIError as error:
                if is_lock_timeout(error):
                    raise InProgress from error
                raise
            if found := self._find(session, [handle], now):
                raise _Found(found)
            records.release(session, handle.digest, now=now)
        raise InProgress

    def _held(self, store: Store) -> Answer | None:
        with store.reading() as session:
            return self._find(session, self._handles, self._services.clock())

    @staticmethod
    def _find(session: Session, handles: Sequence[Handle], now: int) -> Answer | None:
        for handle in handles:
            row = records.find(session, handle.digest, now=now)
            if row is not None:
                return handle.open(row.fingerprint, row.answer)
        return None

    def _again(self, answer: Answer) -> Response:
        self._services.metrics.replayed()
        return answer.response(replayed=True)
