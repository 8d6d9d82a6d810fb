"""What the routes of the rules answer, as the OpenAPI document shows it."""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from credence.service.verifier.forms import RULES_EXAMPLE
from credence.service.verifier.rules.showing import PAGE

_EXAMPLE: Final[dict[str, Any]] = {
    "type": "credence/published-policies/1",
    "marks": ["hVeqMGBHGxkCYRFYE8Bs0n5WGnWJNJcoCLU1g0PTBHo"],
}


class PublishedPoliciesAnswer(BaseModel):
    """Marks, ascending, base64url: each is SHA-256 over a label, ``<verifier>/<client>`` and the policy's hash."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": _EXAMPLE})

    type: Literal["credence/published-policies/1"] = "credence/published-policies/1"
    marks: list[str] = Field(max_length=PAGE)


class PublishedEditionAnswer(BaseModel):
    """One edition of the rules, byte for byte what its digest is over once it is written canonically."""

    model_config = ConfigDict(
        frozen=True, json_schema_extra={"example": {"type": "credence/published-edition/1", "rules": RULES_EXAMPLE}}
    )

    type: Literal["credence/published-edition/1"] = "credence/published-edition/1"
    rules: dict[str, Any] = Field(description="`credence/verifier-rules/1`, as in the verifier's document")
