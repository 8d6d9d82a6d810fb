"""Are renewal messages read strictly, each bound where it is said to be?"""

from __future__ import annotations

import json
from typing import Any

import pytest

from credence.circuits.encoding import b64u
from credence.circuits.errors import Malformed
from credence.circuits.renewal import RenewalAsk, RenewalRequest, RenewedStanding
from credence.circuits.wire import LAST_SECOND, MAX_PROOF
from tests.circuits.make_renewal_answers import FILE

KNOWN: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
SENT: dict[str, tuple[Any, dict[str, Any]]] = {
    "ask": (RenewalAsk, KNOWN["ask"]),
    "request": (RenewalRequest, KNOWN["requests"]["compact"]),
    "answer": (RenewedStanding, KNOWN["answer"]),
}
AT: list[tuple[str, str, Any, Any]] = [
    ("ask", "session_id", "s" * 128, "s" * 129),
    ("ask", "issuer", "i" * 128, "i" * 129),
    ("ask", "venue", "v" * 257, "v" * 258),
    ("ask", "venue", "v", ""),
    ("ask", "suffix", "", 0),
    ("ask", "suffix", "s" * 64, "s" * 65),
    ("ask", "key_id", "k" * 128, "k" * 129),
    ("ask", "nonce", b64u(bytes(16)), b64u(bytes(15))),
    ("ask", "nonce", b64u(bytes(64)), b64u(bytes(65))),
    ("ask", "requested_at", LAST_SECOND, LAST_SECOND + 1),
    ("ask", "expires_at", LAST_SECOND, LAST_SECOND + 1),
    ("ask", "max_age_s", 60, 59),
    ("ask", "max_age_s", 86_400, 86_401),
    ("ask", "schema", "credence/standing/1", "credence/person/1"),
    ("request", "session_id", "s" * 128, "s" * 129),
    ("request", "encoding", "batchable", "short"),
    ("request", "proof", b64u(bytes(MAX_PROOF)), b64u(bytes(MAX_PROOF + 1))),
    ("answer", "session_id", "s" * 128, "s" * 129),
]


@pytest.mark.parametrize(("kind", "member", "within", "beyond"), AT, ids=[f"{at[0]} {at[1]} {n}" for n, at in enumerate(AT)])
def test_every_bound_is_where_it_is_said_to_be(kind: str, member: str, within: Any, beyond: Any) -> None:
    read, sent = SENT[kind]
    assert read.parse({**sent, member: within}).to_json() == {**sent, member: within}
    with pytest.raises(Malformed):
        read.parse({**sent, member: beyond})


@pytest.mark.parametrize("kind", SENT)
def test_no_member_is_missing_or_unknown(kind: str) -> None:
    read, sent = SENT[kind]
    assert read.parse(sent).to_json() == sent
    with pytest.raises(Malformed):
        read.parse({**sent, "more": 1})
    for member in sent:
        with pytest.raises(Malformed):
            read.parse({name: value for name, value in sent.items() if name != member})


@pytest.mark.parametrize("member", ["credential", "accumulator"])
def test_a_request_is_about_a_person(member: str) -> None:
    read, sent = SENT["request"]
    with pytest.raises(Malformed):
        read.parse({**sent, member: {**sent[member], "slot": "standing"}})
    both = {name: {**sent[name], "slot": "standing"} for name in ("credential", "accumulator")}
    with pytest.raises(Malformed):
        read.parse({**sent, **both})


@pytest.mark.parametrize("kind", SENT)
def test_nothing_secret_is_printed(kind: str) -> None:
    read, sent = SENT[kind]
    shown = repr(read.parse(sent))
    assert not any(str(sent[name]) in shown for name in ("session_id", "nonce", "proof", "staple") if name in sent)
