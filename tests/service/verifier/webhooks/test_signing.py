"""Is what is signed what the reference library reads, and is a secret kept so that it opens for its own endpoint alone?"""

from __future__ import annotations

import base64
import json
import time

import pytest
from standardwebhooks import Webhook
from standardwebhooks.webhooks import EmptyWebhookSecretError, WebhookVerificationError

from credence.circuits.curve import Curve
from credence.service.keys import KeyringRefused, Purpose
from credence.service.verifier.webhooks import signing
from tests.conftest import SeededBytes
from tests.service.conftest import NOW
from tests.service.verifier.webhooks.conftest import Told

SECRET = bytes(range(32))
BODY = '{"type": "session.accepted", "data": {"name": "\u00e9"}}'


def test_the_reference_library_reads_it() -> None:
    headers = signing.signed_headers("m1", BODY, [bytes(32), SECRET], int(time.time()))
    for secret in (bytes(32), SECRET):
        assert Webhook(signing.written(secret)).verify(BODY, headers) == json.loads(BODY)
    with pytest.raises(WebhookVerificationError, match="No matching signature"):
        Webhook(signing.written(SECRET[::-1])).verify(BODY, headers)


def test_the_example_of_the_specification() -> None:
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    headers = signing.signed_headers("msg_p5jXN8AQM9LWM0D4loKWxJek", '{"test": 2432232314}', [secret], 1_614_265_330)
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_nothing_is_sent_without_a_secret() -> None:
    with pytest.raises(EmptyWebhookSecretError):
        signing.signed_headers("m1", BODY, [b""], NOW)
    with pytest.raises(EmptyWebhookSecretError):
        signing.signed_headers("m1", BODY, [SECRET, b""], NOW)
    with pytest.raises(ValueError, match="signed"):
        signing.signed_headers("m1", BODY, [], NOW)


def test_a_secret_opens_for_its_own_endpoint(told: Told, rng: SeededBytes) -> None:
    keyring = told.venue.running.services.keyring
    kept = signing.seal(keyring, "one", SECRET, rng)
    assert signing.unseal(keyring, "one", kept) == SECRET
    assert SECRET not in kept
    for name, sealed in (("two", kept), ("one", kept[:-1]), ("one", kept[:-1] + bytes([kept[-1] ^ 1])), ("one", b"")):
        with pytest.raises(KeyringRefused):
            signing.unseal(keyring, name, sealed)


def test_the_key_that_seals_is_permanent(told: Told, rng: SeededBytes, curve: Curve) -> None:
    keyring = told.venue.running.services.keyring
    with pytest.raises(KeyringRefused, match="would not open again"):
        keyring.rotate(Purpose.WEBHOOK, now=NOW, rng=rng, curve=curve)
