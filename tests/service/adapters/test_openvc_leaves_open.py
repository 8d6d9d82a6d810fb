"""Does openvc-core still leave open what is checked beside it (docs/decisions/0031-evidence.md)? Where it does not any more,
the decision may be looked at again; where it checks, it is seen to.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from openvc.errors import OpenvcError
from openvc.proof.sd_jwt import SdJwtVcProofSuite

from tests.service.adapters.pids import (
    ABSENT,
    AUDIENCE,
    HOLDER_KEY,
    NONCE,
    NOW,
    OTHER_KEY,
    PROVIDER_KEY,
    bound,
    credential,
    digest,
    encoded,
    jwk,
)


def verify(shown: str, **more: Any) -> Any:
    return SdJwtVcProofSuite().verify(
        shown,
        public_key_jwk=jwk(PROVIDER_KEY),
        audience=AUDIENCE,
        nonce=NONCE,
        require_key_binding=True,
        now=datetime.fromtimestamp(NOW, UTC),
        check_temporal=False,
        **more,
    )


@pytest.mark.parametrize(
    "shown",
    [
        bound(credential({"exp": ABSENT})),
        bound(credential({"aud": ["another", AUDIENCE]})),
        bound(credential()).replace("~", "~~", 1),
        bound(credential()) + "!!!!",
        bound(credential({"status": ABSENT})),
    ],
    ids=["no end", "one of several audiences", "an empty disclosure", "another encoding", "no status"],
)
def test_it_accepts(shown: str) -> None:
    assert verify(shown).key_bound


def test_it_does_not_say_that_an_entry_was_kept_back() -> None:
    entry = encoded(b'["c2FsdHNhbHRzYWx0c2FsdA","IR"]')
    shown = bound(credential(facts={"nationalities": ["DE", {"...": digest(entry)}]}))
    assert verify(shown).claims["nationalities"] == ["DE"]


@pytest.mark.parametrize(
    "shown",
    [
        credential(),
        bound(credential(key=OTHER_KEY)),
        bound(credential(), key=OTHER_KEY),
        bound(credential(), {"aud": [AUDIENCE]}),
        bound(credential(), {"nonce": "another"}),
        bound(credential(), {"iat": NOW - 361}),
        bound(credential(), {"iat": NOW + 61}),
        bound(credential(), {"sd_hash": "AAAA"}),
        bound(credential(key=HOLDER_KEY)),
        bound(credential(header={"alg": "none"})),
        bound(credential(header={"crit": ["exp"]})),
    ],
)
def test_it_refuses(shown: str) -> None:
    with pytest.raises(OpenvcError):
        verify(shown)
