"""Is an answer read for what it is, and every refusal known by its type?"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from credence.sdk import errors, refusals
from credence.sdk.answers import read_json, read_text
from credence.sdk.errors import BadResponse, ServiceProblem
from credence.sdk.messages import Response
from credence.service.problems import table
from tests.conftest import ROOT

JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"1", b"{", b'{"a":1,"a":2}', b'{"a":NaN}', b"\xff", b"[" * 100_000, b'{"a":' + b"9" * 5000 + b"}"],
    ids=["empty", "list", "number", "cut", "repeated", "nan", "utf-8", "deep", "long number"],
)
def test_what_is_no_json_object_is_no_answer(body: bytes) -> None:
    with pytest.raises(BadResponse, match="JSON"):
        read_json(Response(200, JSON, body))


def test_another_media_type_is_no_answer() -> None:
    with pytest.raises(BadResponse, match="JSON"):
        read_json(Response(200, {"content-type": "text/html"}, b"{}"))
    with pytest.raises(BadResponse, match="JSON"):
        read_json(Response(200, {}, b"{}"))
    with pytest.raises(BadResponse, match="plain text"):
        read_text(Response(200, JSON, b"{}"))
    with pytest.raises(BadResponse, match="UTF-8"):
        read_text(Response(200, {"content-type": "text/plain"}, b"\xff"))
    assert read_json(Response(200, {"content-type": "Application/JSON; charset=utf-8"}, b"{}")) == {}


# --- problems ---


def problem(status: int, headers: dict[str, str] | None = None, **members: Any) -> ServiceProblem:
    given = {"content-type": "application/problem+json", **(headers or {})}
    with pytest.raises(ServiceProblem) as caught:
        read_json(Response(status, given, json.dumps(members).encode()))
    return caught.value


KNOWN = {
    "malformed": (400, errors.InvalidRequest),
    "unauthorized": (401, errors.Unauthorized),
    "forbidden": (403, errors.Forbidden),
    "not-found": (404, errors.NotFound),
    "method-not-allowed": (405, errors.RequestRefused),
    "conflict": (409, errors.Conflict),
    "policy-version-exists": (409, errors.PolicyVersionExists),
    "four-eyes-required": (409, errors.FourEyesRequired),
    "proposal-open": (409, errors.ProposalOpen),
    "retained": (409, errors.Retained),
    "erased": (410, errors.Erased),
    "reset-refused": (409, errors.ResetRefused),
    "credential-suspended": (409, errors.CredentialSuspended),
    "renewal-refused": (403, refusals.RenewalRefused),
    "bad-nonce": (409, errors.BadNonce),
    "already-used": (409, errors.AlreadyUsed),
    "idempotency-in-progress": (409, errors.InProgress),
    "too-large": (413, errors.RequestRefused),
    "unsupported-media-type": (415, errors.RequestRefused),
    "idempotency-key-reused": (422, errors.KeyReused),
    "rate-limited": (429, errors.RateLimited),
    "internal": (500, errors.ServiceFailed),
    "overloaded": (503, errors.Unavailable),
    "unavailable": (503, errors.Unavailable),
}


@pytest.mark.parametrize("slug", KNOWN)
def test_a_problem_becomes_its_error(slug: str) -> None:
    status, kind = KNOWN[slug]
    error = problem(status, type=f"/problems/{slug}", title="A title", detail="Why.", request_id="r-1")
    assert type(error) is kind
    assert (error.slug, error.status, error.title, error.detail, error.request_id) == (
        slug,
        status,
        "A title",
        "Why.",
        "r-1",
    )
    assert (error.reason, str(error)) == ("Why.", "Why. (request r-1)")


def test_every_problem_of_the_service_has_its_error() -> None:
    rows = {row.slug: row.status for row in table.ROWS.values()}
    assert {slug: status for slug, (status, _) in KNOWN.items()} == rows


def test_the_page_names_every_problem_beside_its_error() -> None:
    page = (ROOT / "docs" / "sdk.md").read_text(encoding="utf-8").split("| class | slug |")[1]
    rows = [row.split("|")[1:3] for row in page.splitlines() if row.startswith("| ")]
    named = {slug: classes for classes, slugs in rows for slug in re.findall("`([a-z-]+)`", slugs)}
    for slug, (_, kind) in KNOWN.items():
        assert f"`{kind.__name__}`" in named[slug], slug
    assert named.keys() == KNOWN.keys()


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.InvalidRequest),
        (402, errors.RequestRefused),
        (404, errors.NotFound),
        (409, errors.Conflict),
        (451, errors.RequestRefused),
        (429, errors.RateLimited),
        (500, errors.ServiceFailed),
        (502, errors.Unavailable),
        (504, errors.Unavailable),
        (511, errors.ServiceFailed),
    ],
)
def test_a_problem_that_is_yet_to_be_invented_is_known_by_its_status(status: int, kind: type[ServiceProblem]) -> None:
    error = problem(status, type="https://elsewhere.example/problems#of-tomorrow", title="New")
    assert type(error) is kind
    assert (error.slug, str(error)) == ("of-tomorrow", "New")


def test_the_request_id_may_stand_in_the_header() -> None:
    error = problem(500, {"x-request-id": "r-2"}, type="/problems/internal", title="Internal error")
    assert (error.request_id, str(error)) == ("r-2", "Internal error (request r-2)")


def test_a_problem_may_say_when_to_come_back() -> None:
    assert problem(429, {"retry-after": "7"}, type="/problems/rate-limited", title="Slow").retry_after == 7
    assert problem(429, {"retry-after": "Wed, 21 Oct"}, type="/problems/rate-limited", title="Slow").retry_after is None


def test_an_error_that_is_no_problem_is_known_by_its_status() -> None:
    for headers, body in ((JSON, b"[]"), ({"content-type": "text/html"}, b"<html>"), ({}, b"")):
        with pytest.raises(errors.NotFound) as caught:
            read_json(Response(404, headers, body))
        assert caught.value.slug == "about:blank"
        assert "404" in caught.value.title


def test_what_a_stranger_wrote_does_not_reach_a_terminal() -> None:
    error = problem(500, type="/problems/internal", title="\x1b[2Jgone", detail="\x9b31m", request_id="x" * 513)
    assert "\x1b" not in str(error)
    assert "\x9b" not in str(error)
    assert (error.detail, error.request_id) == (None, None)


def test_text_answers_have_problems_too() -> None:
    with pytest.raises(errors.Unavailable):
        read_text(Response(503, {"content-type": "application/problem+json"}, b'{"type": "/problems/unavailable"}'))
