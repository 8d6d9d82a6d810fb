"""Idempotency: a request with an ``Idempotency-Key`` takes effect once, and its repeat gets the same answer.

After draft-ietf-httpapi-idempotency-key-header-07. The answer is kept in the transaction of the effect, so that there is
either both or none; a refusal keeps nothing. Knows: which keyed request was answered with what. Holds: keyed digests and
sealed answers, for a day. Never learns: the key, the request, or, without the key, the answer.
"""

from __future__ import annotations

from credence.service.idempotency.answer import Answer
from credence.service.idempotency.dependency import HEADER, Once, once
from credence.service.idempotency.effect import Effect

__all__ = ["HEADER", "Answer", "Effect", "Once", "once"]
