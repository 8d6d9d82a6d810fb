"""Why a token was refused: for the restricted log and the tests, never for whoever sent it."""

from __future__ import annotations

from enum import StrEnum

from credence.service.errors import Unauthorized


class Refusal(StrEnum):
    """One cause each."""

    MALFORMED = "malformed"
    """No compact JWS of strict JSON objects, or not exactly one where one is asked for."""
    HEADER = "header"
    """A header parameter that this kind of token does not have, ``crit`` and every way to bring a key along among them."""
    TYPE = "type"
    """Another kind of token (``typ``)."""
    ALGORITHM = "algorithm"
    """An algorithm that is not accepted at all, or not with this key."""
    KEY = "key"
    """A key that is none, or is not public."""
    UNKNOWN_KEY = "unknown-key"
    """No live key of that client, or of this service, fits."""
    FORGED = "forged"
    """The signature does not verify."""
    CLAIMS = "claims"
    """A claim is missing or of another type."""
    ISSUER = "issuer"
    """``iss``, ``sub`` and the client named beside the token disagree, or name somebody else."""
    AUDIENCE = "audience"
    """Made for another endpoint."""
    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"
    TOO_LONG = "too-long"
    """Would be valid for longer than is accepted."""
    REPLAYED = "replayed"
    """Its ``jti`` was used before."""
    METHOD = "method"
    """A proof for another HTTP method."""
    ADDRESS = "address"
    """A proof for another address."""
    TOKEN_HASH = "token-hash"  # noqa: S105 - a slug
    """A proof for another access token, or for none."""
    OTHER_KEY = "other-key"
    """A proof by another key than the access token is bound to."""
    ENDED = "ended"
    """The client, or the key that it got the token with, is revoked or has expired."""


class AccessRefused(Unauthorized):
    """A token, assertion or proof that is not accepted. To the outside it is like any other :class:`Unauthorized`."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__()
        self.refusal = refusal


class TimesRefused(AccessRefused):
    """The times of an assertion that is genuine are not accepted: its client may be told, since nobody else sends one."""
