"""How each kind of secret is made."""

from __future__ import annotations

from typing import Final

from credence.circuits.bbs.signature import key_gen
from credence.circuits.bbs.suite import sha256_suite
from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng, encode_scalar
from credence.service.keys.purposes import Purpose
from credence.service.keys.seal import SECRET_LENGTH

_KEY_MATERIAL: Final = 64


def new_secret(purpose: Purpose, rng: Rng, curve: Curve) -> bytes:
    """32 fresh bytes: a BBS secret key by the draft's KeyGen, else bytes of ``rng`` as they are."""
    if purpose is Purpose.ISSUER_BBS:
        return encode_scalar(key_gen(sha256_suite(curve), rng(_KEY_MATERIAL), purpose.value.encode()))
    return rng(SECRET_LENGTH)
