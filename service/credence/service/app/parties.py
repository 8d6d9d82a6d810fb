"""The parties by name, and what each brings. Imported only when asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from types import MappingProxyType
from typing import Final

from fastapi import APIRouter

from credence.service.errors import Misconfigured
from credence.service.forgetting import SubjectKeys
from credence.service.ledger import Claims, OutboxRow
from credence.service.runtime import Services

Opening = Callable[[Services], object]
"""What a party does once before the first request. The answer becomes ``app.state.<party>``."""


@dataclass(frozen=True)
class Party:
    """``room`` holds ``routes``, with a ``router``, and ``records``, where ``outbox`` is the class of its outbox.

    A room with an outbox has ``claims`` too: what its records say is in the log. ``below`` are rooms inside it that have
    ``routes`` of their own.
    """

    room: str
    outbox: str | None = None
    opening: Opening | None = None
    below: tuple[str, ...] = ()

    @property
    def routers(self) -> tuple[APIRouter, ...]:
        """Its routes, each with its whole path."""
        rooms = (self.room, *(f"{self.room}.{name}" for name in self.below))
        return tuple(import_module(f"{room}.routes").router for room in rooms)

    @property
    def outbox_table(self) -> type[OutboxRow] | None:
        """The table of what it tells the ledger. Imports every table that it has."""
        records = import_module(f"{self.room}.records")
        table: type[OutboxRow] | None = getattr(records, self.outbox) if self.outbox else None
        return table

    def claims_under(self, keys: SubjectKeys) -> Claims:
        """What an audit holds its outbox against; ``keys`` open the records of those who were not erased."""
        found: Claims = partial(import_module(f"{self.room}.claims").claims, keys=keys)
        return found


def _open_issuer(services: Services) -> object:
    from credence.service.adapters.configured import evidence_adapters, screening_lists
    from credence.service.issuer.desk import open_desk

    return open_desk(services, evidence_adapters(services.settings, services.clock), screening_lists(services.settings))


def _open_verifier(services: Services) -> object:
    from credence.service.verifier.desk import open_desk

    return open_desk(services)


def _open_reputation(services: Services) -> object:
    from credence.service.reputation.desk import open_desk

    return open_desk(services)


def _open_auditor(services: Services) -> object:
    from credence.service.auditor.desk import open_desk

    return open_desk(services)


PARTIES: Final[Mapping[str, Party]] = MappingProxyType(
    {
        "issuer": Party(
            "credence.service.issuer",
            "IssuerOutbox",
            _open_issuer,
            ("inbox", "persons", "retention", "revocation", "review", "findings", "standings"),
        ),
        "verifier": Party(
            "credence.service.verifier",
            "VerifierOutbox",
            _open_verifier,
            ("charges", "events", "exhibits", "retention", "rules", "webhooks"),
        ),
        "reputation": Party("credence.service.reputation", opening=_open_reputation, below=("cases", "risk_report")),
        "auditor": Party("credence.service.auditor", "AuditorOutbox", _open_auditor),
        "log": Party("credence.service.ledger"),
        "auth": Party("credence.service.auth", "AuthOutbox"),
    }
)


def chosen(parties: Iterable[str]) -> frozenset[str]:
    """The names as a set. Raises :class:`Misconfigured` for none, or for one that is no party."""
    names = frozenset(parties)
    if not names or not names <= PARTIES.keys():
        raise Misconfigured(f"the parties are {', '.join(PARTIES)}; name one at least")
    return names
