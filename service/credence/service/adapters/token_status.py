"""Whether an issuer took a credential back: its Token Status List (draft-ietf-oauth-status-list), fetched and verified.

Lists are packed and read by openvc-core, which leaves the token around them to its caller: who signed it, for which address,
when. A list that is not there, or not as it should be, says nothing: the evidence waits then, it is not believed.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from openvc.errors import OpenvcError
from openvc.keys import verify_signature
from openvc.status import STATUS_VALID, check_token_status

from credence.circuits.encoding import b64u_decode
from credence.service.adapters.fetching import MAX_ANSWER, Fetch, SourceUnavailable
from credence.service.adapters.pid_trust import PidTrust
from credence.service.adapters.sd_jwt import LEEWAY, is_time, read_jws
from credence.service.issuer.evidence import EvidenceRefused, Refusal

LIST_TYPE: Final = "statuslist+jwt"
MAX_AGE: Final = 7 * 86_400
"""Seconds after which a list is too old, whatever it says itself."""

SHORT_LIVED: Final = 86_400
"""Seconds of the longest life of a credential that needs no status list: it ends before anybody could take it back."""


def check_status(claims: dict[str, Any], trust: PidTrust, fetch: Fetch, now: int) -> None:
    """Returns iff the issuer of the verified ``claims`` has not taken them back.

    Raises :class:`EvidenceRefused`: ``revoked`` for every status but valid, suspended among them, ``incomplete`` where a
    credential names no list and lives for more than a day; :class:`SourceUnavailable` where the list tells nothing.
    """
    try:
        resolve = partial(_list, issuer=claims["iss"], trust=trust, fetch=fetch, now=now)
        result = check_token_status(claims, resolve_status_list_token=resolve)
    except OpenvcError as error:  # the list's fault, or of who put a place into the credential that it does not have
        raise SourceUnavailable from error
    if result is None:
        if "status" in claims or "iat" not in claims or claims["exp"] - claims["iat"] > SHORT_LIVED:
            raise EvidenceRefused(Refusal.INCOMPLETE)
    elif result.status != STATUS_VALID:
        raise EvidenceRefused(Refusal.REVOKED)


def _list(uri: str, issuer: str, trust: PidTrust, fetch: Fetch, now: int) -> dict[str, Any]:
    """The claims of the list at ``uri``, verified."""
    body = fetch(uri, {"accept": f"application/{LIST_TYPE}"})
    try:
        text = body.decode("ascii").strip()
        read = read_jws(text, LIST_TYPE, MAX_ANSWER)
        key = trust.status_key(read.header, issuer, now)
        signed, _, signature = text.rpartition(".")
        verified = verify_signature(
            alg=read.header["alg"], public_jwk=key, signing_input=signed.encode(), signature=b64u_decode(signature)
        )
    except (UnicodeDecodeError, EvidenceRefused, OpenvcError) as error:
        raise SourceUnavailable from error
    claims, times = read.claims, [read.claims.get("iat"), read.claims.get("exp", 0)]
    if not verified or claims.get("sub") != uri or not all(is_time(value) for value in times):
        raise SourceUnavailable
    if claims["iat"] > now + LEEWAY or min(claims["iat"] + MAX_AGE, claims.get("exp", now + 1)) <= now:
        raise SourceUnavailable
    return claims
