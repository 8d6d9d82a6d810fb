"""``/v1/verifier/document``: what the verifier publishes of itself."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from credence.circuits.encoding import b64u, b64u_decode
from credence.circuits.errors import Malformed
from credence.service.errors import InvalidRequest
from credence.service.verifier.document import verifier_document
from credence.service.verifier.forms import VerifierDocumentAnswer
from credence.service.verifier.parameters import PROBLEM, AtDesk
from credence.service.verifier.rules.forms import PublishedEditionAnswer, PublishedPoliciesAnswer

router = APIRouter(prefix="/v1/verifier", tags=["verifier"])

After = Annotated[str, Query(max_length=43, description="the last mark of the page before; empty for the first page")]
Edition = Annotated[str, Query(max_length=43, description="the digest of an edition; empty for the one that is shown")]
Digest = Annotated[str, Path(max_length=43, examples=["hVeqMGBHGxkCYRFYE8Bs0n5WGnWJNJcoCLU1g0PTBHo"])]


@router.get(
    "/document",
    operation_id="readVerifierDocument",
    summary="The verifier's receipt keys, its log's key, and its rules: tariffs and policies",
)
def read_document(desk: AtDesk) -> VerifierDocumentAnswer:
    """Public: whoever holds a receipt can check it with this, and whoever is shown a policy can see that others are."""
    return VerifierDocumentAnswer.model_validate(verifier_document(desk.services, desk.rules.rules()))


@router.get(
    "/document/policies",
    operation_id="readPublishedPolicies",
    summary="The marks of all policies in the verifier's rules, a page at a time",
    responses={404: {"description": "There is no such edition, or the log does not have it yet", **PROBLEM}},
)
def read_published_policies(desk: AtDesk, after: After = "", edition: Edition = "") -> PublishedPoliciesAnswer:
    """Public. Whoever reads all pages can compute the root in the rules, and see which policies came or went. With
    ``edition`` all pages are that edition's, whatever comes in between.
    """
    last, digest = _hash(after), _hash(edition)
    return PublishedPoliciesAnswer(marks=[b64u(mark) for mark in desk.rules.marks(last, digest or None)])


@router.get(
    "/document/editions/{digest}",
    operation_id="readPublishedEdition",
    summary="An edition of the verifier's rules, of before among others",
    responses={404: {"description": "There is no such edition, or the log does not have it yet", **PROBLEM}},
)
def read_published_edition(digest: Digest, desk: AtDesk) -> PublishedEditionAnswer:
    """Public. An edition names 64 of those before it; whoever knows an older one comes to it through the oldest named."""
    return PublishedEditionAnswer(rules=desk.rules.edition(_hash(digest)).to_json())


def _hash(text: str) -> bytes:
    """32 bytes, or none of an empty text. Raises :class:`InvalidRequest`."""
    try:
        data = b64u_decode(text, max_length=43)
    except Malformed as error:
        raise InvalidRequest("A mark or digest is base64url of 32 bytes.") from error
    if data and len(data) != 32:
        raise InvalidRequest("A mark or digest is base64url of 32 bytes.")
    return data
