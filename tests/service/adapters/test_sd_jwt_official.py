"""Do signature and key binding hold on the samples of OpenID4VCI and OpenID4VP, and does every change break them?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from credence.service.adapters.sd_jwt import read_presentation, verify_presentation
from credence.service.issuer.evidence import EvidenceRefused, Refusal

pytestmark = pytest.mark.official

AUDIENCE = "https://verifier.example.org"
SHOWN_AT = 1_744_743_394


@pytest.fixture(scope="module")
def folder(shared: Path) -> Path:
    return shared / "vectors" / "openid4vc"


@pytest.fixture(scope="module")
def key(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "sd-jwt-example-keys.json").read_text())["issuer"]
    return found


@pytest.fixture(scope="module")
def sample(folder: Path) -> str:
    return (folder / "openid4vp-1.0" / "sd_jwt_vcld_presentation.txt").read_text().strip()


def refusal(sample: str, key: dict[str, Any], audience: str = AUDIENCE, now: int = SHOWN_AT) -> Refusal:
    with pytest.raises(EvidenceRefused) as caught:
        verify_presentation(read_presentation(sample), key, audience, now, now)
    return caught.value.refusal


def test_the_presentation_verifies(sample: str, key: dict[str, Any]) -> None:
    shown = read_presentation(sample)
    claims = verify_presentation(shown, key, AUDIENCE, SHOWN_AT + 10, SHOWN_AT + 10)
    assert claims["ld"]["credentialSubject"]["givenName"] == "John"
    assert shown.nonce == "1234567890"


def test_it_is_for_one_audience_and_one_time(sample: str, key: dict[str, Any]) -> None:
    assert refusal(sample, key, AUDIENCE + "/") is Refusal.WRONG_AUDIENCE
    assert refusal(sample, key, now=SHOWN_AT + 361) is Refusal.STALE
    assert refusal(sample, key, now=SHOWN_AT - 61) is Refusal.NOT_YET_VALID
    assert refusal(sample, key, now=1_883_000_061) is Refusal.STALE


def test_another_key_did_not_sign_it(sample: str, folder: Path) -> None:
    holder = json.loads((folder / "sd-jwt-example-keys.json").read_text())["holder"]
    assert refusal(sample, holder) is Refusal.FORGED
    assert refusal(sample, {"kty": "EC"}) is Refusal.FORGED


def test_every_part_counts(sample: str, key: dict[str, Any]) -> None:
    """One character in each part of it, from its middle."""
    parts = sample.replace("~", ".~.").split(".")
    for at, part in enumerate(parts):
        if part in ("~", ""):
            continue
        middle = len(part) // 2
        other = "A" if part[middle] != "A" else "B"
        changed = [*parts[:at], part[:middle] + other + part[middle + 1 :], *parts[at + 1 :]]
        refusal(".".join(changed).replace(".~.", "~"), key)


def test_a_credential_that_nobody_shows_is_refused(folder: Path) -> None:
    issued = (folder / "openid4vci-1.0" / "sd_jwt_vc_credential.txt").read_text().strip()
    with pytest.raises(EvidenceRefused) as caught:
        read_presentation(issued)
    assert caught.value.refusal is Refusal.UNBOUND
