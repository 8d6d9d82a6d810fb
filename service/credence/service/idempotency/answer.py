"""An answer as it is sent and kept: its status and every byte of its body."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from pydantic import BaseModel
from starlette.responses import Response

from credence.circuits.encoding import i2osp

REPLAYED: Final = "idempotent-replayed"
"""The header that a repeated answer carries, with the value ``true``."""

_STATUS_LENGTH: Final = 2


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """A success: JSON in UTF-8, or nothing at all, and its HTTP status."""

    status: int
    body: bytes

    @classmethod
    def of(cls, model: BaseModel, status: int = 200) -> Self:
        """What a route answers with a model of its document."""
        return cls(status, model.model_dump_json(by_alias=True).encode())

    @classmethod
    def text(cls, text: str, status: int = 200) -> Self:
        """JSON that is text already."""
        return cls(status, text.encode())

    @classmethod
    def empty(cls) -> Self:
        """That it is done, and nothing else."""
        return cls(204, b"")

    def encoded(self) -> bytes:
        """The status as two bytes, then the body."""
        return i2osp(self.status, _STATUS_LENGTH) + self.body

    @classmethod
    def decoded(cls, data: bytes) -> Self:
        """The answer of :meth:`encoded`."""
        return cls(int.from_bytes(data[:_STATUS_LENGTH], "big"), data[_STATUS_LENGTH:])

    def response(self, *, replayed: bool = False) -> Response:
        """The response, with a header that says whether it is a repetition."""
        headers = {REPLAYED: "true"} if replayed else None
        return Response(self.body, self.status, headers, "application/json" if self.body else None)
