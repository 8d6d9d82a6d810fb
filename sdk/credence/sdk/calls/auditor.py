"""``/v1/auditor``: an authority posts a warrant, trustees answer it, and everybody counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from credence.circuits.encoding import b64u
from credence.circuits.errors import Malformed
from credence.circuits.exhibit import Exhibit
from credence.circuits.fields import Fields, Json
from credence.circuits.leaf import LEAF_LENGTH
from credence.circuits.warrant import Finding, Notice, Share
from credence.sdk.calls import Call, about, answer, segment
from credence.sdk.messages import Auth, Request


@dataclass(frozen=True, slots=True)
class WarrantState:
    """A warrant as the service tells of it: where its leaves stand in the log, None until that has taken them, and how many
    trustees have handed in a share. ``opened`` is that these are as many as it takes.
    """

    warrant_id: str
    notice: Notice
    entry_index: int | None
    shares: int
    threshold: int
    opened: bool
    opening_index: int | None


@dataclass(frozen=True, slots=True)
class OpeningsPage:
    """How many warrants and openings there ever were, and a page of them."""

    warrants: int
    openings: int
    page: tuple[WarrantState, ...]


def post_warrant(signed: Json, auth: Auth) -> Call[WarrantState]:
    """Put a signed warrant's notice into the log."""
    return Call(Request("POST", "/v1/auditor/warrants", body=signed, auth=auth), answer(_state))


def warrant(warrant_id: str, auth: Auth) -> Call[WarrantState]:
    """One's own warrant."""
    request = Request("GET", f"/v1/auditor/warrants/{segment(warrant_id)}", auth=auth)
    return Call(request, answer(about("warrant_id", warrant_id, _state)))


def shares(warrant_id: str, auth: Auth) -> Call[tuple[Share, ...]]:
    """The shares that trustees have handed in for one's own warrant."""
    return Call(Request("GET", f"/v1/auditor/warrants/{segment(warrant_id)}/shares", auth=auth), answer(_shares))


def hand_in(share: Share) -> Call[int]:
    """Hand in a trustee's share; the answer is how many there are."""
    path = f"/v1/auditor/warrants/{b64u(share.warrant)}/shares"
    return Call(Request("POST", path, body=share.to_json()), answer(_count))


def openings(after: str | None = None) -> Call[OpeningsPage]:
    """A page of all warrants, after the one of that id."""
    query = {} if after is None else {"after": segment(after)}
    return Call(Request("GET", "/v1/auditor/openings", query=query), answer(_page))


def exhibit(session_id: str, auth: Auth) -> Call[Exhibit]:
    """A venue's own session's accepted presentation, whole."""
    return Call(Request("GET", f"/v1/verifier/sessions/{segment(session_id)}/exhibit", auth=auth), answer(Exhibit.parse))


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose handle it is; None for both until a second person at the issuer has asked for the same."""

    attestation_id: str | None
    case_id: str | None


def find_subject(finding: Finding, auth: Auth) -> Call[Subject]:
    """Ask the issuer whose handle trustees opened; two of its people ask for the same."""
    return Call(Request("POST", "/v1/issuer/findings", body=finding.to_json(), auth=auth), answer(_subject))


def _subject(members: Mapping[str, Any]) -> Subject:
    fields = Fields(members, "subject")
    if fields.choice("state", "proposed", "found") == "proposed":
        return Subject(None, None)
    return Subject(fields.text("attestation_id", max_length=128), fields.text("case_id", max_length=128))


def _state(members: Mapping[str, Any]) -> WarrantState:
    fields = Fields(members, "warrant")
    notice = Notice.parse(fields.raw_object("notice"))
    leaf = fields.binary("leaf", length=LEAF_LENGTH)
    opening = fields.binary("opening_leaf", length=LEAF_LENGTH) if fields.has("opening_leaf") else None
    if leaf != notice.leaf() or opening not in (None, notice.opening_leaf()):
        raise Malformed("a leaf that is not the notice's")
    warrant_id = fields.text("warrant_id", max_length=64)
    if warrant_id != b64u(notice.warrant):
        raise Malformed("an id that is not the notice's")
    return WarrantState(
        warrant_id=warrant_id,
        notice=notice,
        entry_index=fields.integer("entry_index") if fields.has("entry_index") else None,
        shares=fields.integer("shares"),
        threshold=fields.integer("threshold"),
        opened=opening is not None,
        opening_index=fields.integer("opening_index") if fields.has("opening_index") else None,
    )


def _shares(members: Mapping[str, Any]) -> tuple[Share, ...]:
    return Fields(members, "shares").items("shares", Share.parse)


def _count(members: Mapping[str, Any]) -> int:
    return Fields(members, "share").integer("shares")


def _page(members: Mapping[str, Any]) -> OpeningsPage:
    fields = Fields(members, "openings")
    return OpeningsPage(
        warrants=fields.integer("warrants"),
        openings=fields.integer("openings"),
        page=fields.items("page", _entry),
    )


def _entry(value: object) -> WarrantState:
    if not isinstance(value, Mapping):
        raise Malformed("a warrant is an object")
    return _state(value)
