"""``/v1/verifier/document``: what the verifier publishes of itself."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from credence.circuits.encoding import b64u, b64u_decode
from credence.circuits.errors import Malformed
from credence.service.errors import InvalidRequest
from credence.service.verifier.document import verifier_document
from credence.service.verifier.forms import VerifierDocumentAnswer
from credence.service.verifier.parameters import AtDesk
from credence.service.verifier.rules.forms import PublishedPoliciesAnswer

router = APIRouter(prefix="/v1/verifier", tags=["verifier"])

After = Annotated[str, Query(max_length=43, description="the last mark of the page before; empty for the first page")]


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
)
def read_published_policies(desk: AtDesk, after: After = "") -> PublishedPoliciesAnswer:
    """Public. Whoever reads all pages can compute the root in the rules, and see which policies came or went."""
    try:
        last = b64u_decode(after, max_length=43)
    except Malformed as error:
        raise InvalidRequest("A mark is base64url of 32 bytes.") from error
    if last and len(last) != 32:
        raise InvalidRequest("A mark is base64url of 32 bytes.")
    return PublishedPoliciesAnswer(marks=[b64u(mark) for mark in desk.rules.marks(last)])
