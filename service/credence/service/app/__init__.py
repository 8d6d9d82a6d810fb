"""Start here: :func:`create_app` wires everything.

``create_app(settings, parties={"issuer"})`` is a process that answers for the issuer alone; the parties meet in nothing but
the ledger, into which each posts through an outbox of its own.
"""

from __future__ import annotations

from credence.service.app.application import create_app
from credence.service.app.installation import initialise, open_services, stores_of, tables, upgrade_all
from credence.service.app.parties import PARTIES

__all__ = ["PARTIES", "create_app", "initialise", "open_services", "stores_of", "tables", "upgrade_all"]
