"""The log's public face, read only: ``/v1/log``. Hashes and leaves are lower-case hex, decimals canonical."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, BeforeValidator, ConfigDict

from credence.circuits.merkle import MAX_SIZE
from credence.service.ledger.log import MAX_ENTRIES, LedgerService

_DECIMAL: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_HEX32: Final = "^[0-9a-f]{64}$"
_NOTE: Final = (
    "log.example/credence\n3\nuo2Ut/vOyue4HEyAV0/iRzSmkXv5wezWb/Pgw06tRiA=\n\n— log.example/credence "
    "XP6iYvke3LsiFLZSwwG5MqNnZjA1m+kih527VFSYIA8f/RO74kdSbIs1PaqLFbHEygHVTVTXMgE8Un/sTWRhZEzHAQ0=\n"
)


def _decimal(value: object) -> object:
    """Query integers are canonical decimals: no sign, space, underscore or leading zero."""
    if isinstance(value, str) and not _DECIMAL.fullmatch(value):
        raise ValueError("not a decimal number")
    return value


Decimal = Annotated[int, BeforeValidator(_decimal)]


async def _ledger(request: Request) -> LedgerService:
    ledger: LedgerService = request.app.state.ledger
    return ledger


Ledger = Annotated[LedgerService, Depends(_ledger)]


class _Query(BaseModel):
    model_config = ConfigDict(extra="forbid")


class EntriesQuery(_Query):
    """Which entries."""

    start: Decimal = Query(ge=0, le=MAX_SIZE, description="index of the first entry", examples=[0])
    count: Decimal = Query(default=100, ge=1, le=MAX_ENTRIES, description="entries at most")


class InclusionQuery(_Query):
    """Which leaf, at which size."""

    leaf: str = Query(pattern=_HEX32, description="the 32 leaf bytes", examples=["5f" * 32])
    size: Decimal | None = Query(default=None, ge=1, le=MAX_SIZE, description="default: the newest checkpoint's")


class ConsistencyQuery(_Query):
    """Between which sizes."""

    first: Decimal = Query(ge=1, le=MAX_SIZE, description="the smaller size", examples=[2])
    second: Decimal | None = Query(default=None, ge=1, le=MAX_SIZE, description="default: the newest checkpoint's")


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class EntryAnswer(_Answer):
    """One entry. ``epoch`` counts spans of 28 days since 1970-01-01."""

    index: int
    leaf: str
    epoch: int


class EntriesAnswer(_Answer):
    """Entries in order; fewer than asked at the end of the log."""

    model_config = ConfigDict(json_schema_extra={"example": {"entries": [{"index": 0, "leaf": "5f" * 32, "epoch": 737}]}})

    entries: list[EntryAnswer]


class InclusionAnswer(_Answer):
    """Audit path of ``leaf``, from the leaf up (RFC 6962 section 2.1.1)."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"leaf": "5f" * 32, "index": 2, "size": 3, "proof": ["a1" * 32]}}
    )

    leaf: str
    index: int
    size: int
    proof: list[str]


class ConsistencyAnswer(_Answer):
    """Proof that the log only grew (RFC 6962 section 2.1.2)."""

    model_config = ConfigDict(json_schema_extra={"example": {"first": 2, "second": 3, "proof": ["a1" * 32]}})

    first: int
    second: int
    proof: list[str]


_NONE_YET: Final[dict[str, Any]] = {
    "description": "The log has published no checkpoint yet",
    "content": {"application/problem+json": {}},
}
_NO_LEAF: Final[dict[str, Any]] = {**_NONE_YET, "description": "The log of that size has no such leaf"}

router = APIRouter(prefix="/v1/log", tags=["log"])


@router.get(
    "/checkpoint",
    operation_id="readLogCheckpoint",
    response_class=PlainTextResponse,
    summary="The newest signed checkpoint",
    responses={200: {"content": {"text/plain": {"example": _NOTE}}}, 404: _NONE_YET},
)
def read_checkpoint(ledger: Ledger) -> str:
    """A C2SP signed note whose text is a tlog checkpoint: origin, size, root."""
    return ledger.note()


@router.get("/entries", operation_id="readLogEntries", summary="Entries in order")
def read_entries(ledger: Ledger, query: Annotated[EntriesQuery, Query()]) -> EntriesAnswer:
    """Published entries from ``start`` on: salted commitments, of which the log itself knows no more."""
    found = ledger.entries(query.start, query.count)
    return EntriesAnswer(
        entries=[EntryAnswer(index=entry.index, leaf=entry.leaf.hex(), epoch=entry.epoch) for entry in found]
    )


@router.get(
    "/inclusion", operation_id="readLogInclusion", summary="Proof that a leaf is in the log", responses={404: _NO_LEAF}
)
def read_inclusion(ledger: Ledger, query: Annotated[InclusionQuery, Query()]) -> InclusionAnswer:
    """Whoever holds an attestation or a receipt can compute its leaf and ask; the proof leads to a checkpoint's root."""
    found = ledger.inclusion(bytes.fromhex(query.leaf), query.size)
    return InclusionAnswer(leaf=query.leaf, index=found.index, size=found.size, proof=[node.hex() for node in found.proof])


@router.get(
    "/consistency", operation_id="readLogConsistency", summary="Proof that the log only grew", responses={404: _NONE_YET}
)
def read_consistency(ledger: Ledger, query: Annotated[ConsistencyQuery, Query()]) -> ConsistencyAnswer:
    """For whoever kept an earlier checkpoint: that nothing before it was changed since."""
    found = ledger.consistency(query.first, query.second)
    return ConsistencyAnswer(first=found.first, second=found.second, proof=[node.hex() for node in found.proof])
