"""Models of belief that a venue promoted: the numbers that count for its pseudonyms instead of the shipped ones."""

from __future__ import annotations

from functools import lru_cache

from sqlmodel import Session

from credence.service.reputation.belief.model import BeliefModel, parse_model, shipped_document, shipped_model
from credence.service.reputation.models import records


def model_of(session: Session, client_id: str) -> BeliefModel:
    """The model that counts for a venue's pseudonyms: the newest that was promoted, else the shipped one."""
    row = records.newest_model(session, client_id)
    return shipped_model() if row is None else _parsed(row.document)


def document_of(session: Session, client_id: str) -> str:
    """Its file."""
    row = records.newest_model(session, client_id)
    return shipped_document().decode() if row is None else row.document


@lru_cache(maxsize=64)
def _parsed(document: str) -> BeliefModel:
    return parse_model(document.encode())
