"""Do hashing to strings, scalars and G1 match RFC 9380 and each other, and are domains apart?"""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import py_ecc.bls.hash_to_curve as ecc_hash
import pyblst
import pytest
from hypothesis import given
from hypothesis import strategies as st
from py_ecc.bls.hash import expand_message_xmd as ecc_expand

from credence.circuits import curve as curves
from credence.circuits.curve import ORDER, Curve
from credence.circuits.encoding import lp
from credence.circuits.errors import IllFormed
from credence.circuits.hashing import (
    Label,
    expand_message_xmd,
    expand_message_xof,
    hash_to_g1,
    hash_to_scalar,
    hmac_labelled,
    sha256_labelled,
)
from tests.circuits.encodings import g1_bytes

SHA256: Any = hashlib.sha256  # py-ecc's annotations name an instance where it wants the class
XMD_DST = b"QUUX-V01-CS02-with-expander-SHA256-128"
XMD_LONG_DST = b"QUUX-V01-CS02-with-expander-SHA256-128-long-DST-".ljust(256, b"1")
XMD_LONG_OUTPUT = (
    "af84c27ccfd45d41914fdff5df25293e221afc53d8ad2ac06d5e3e29485dadbee0d121587713a3e0dd4d5e69e93eb7cd"
    "4f5df4cd103e188cf60cb02edc3edf18eda8576c412b18ffb658e3dd6ec849469b979d444cf7b26911a08e63cf31f9dc"
    "c541708d3491184472c2c29bb749d4286b004ceb5ee6b9a7fa5b646c993f0ced"
)
XOF_DST = b"QUUX-V01-CS02-with-expander-SHAKE256"
G1_DST = b"QUUX-V01-CS02-with-BLS12381G1_XMD:SHA-256_SSWU_RO_"


@pytest.mark.parametrize(
    ("dst", "message", "wanted"),
    [
        # RFC 9380, appendix K.1
        (XMD_DST, b"", "68a985b87eb6b46952128911f2a4412bbc302a9d759667f87f7a21d803f07235"),
        (XMD_DST, b"abc", "d8ccab23b5985ccea865c6c97b6e5b8350e794e603b4b97902f53a8a0d605615"),
        (XMD_DST, b"abcdef0123456789", "eff31487c770a893cfb36f912fbfcbff40d5661771ca4b2cb4eafe524333f5c1"),
        (XMD_DST, b"", XMD_LONG_OUTPUT),
        # appendix K.2: a tag of 256 bytes is hashed first
        (XMD_LONG_DST, b"", "e8dc0c8b686b7ef2074086fbdd2f30e3f8bfbd3bdf177f73f04b97ce618a3ed3"),
        (XMD_LONG_DST, b"abc", "52dbf4f36cf560fca57dedec2ad924ee9c266341d8f3d6afe5171733b16bbb12"),
    ],
)
def test_expand_message_xmd_of_the_rfc(dst: bytes, message: bytes, wanted: str) -> None:
    assert expand_message_xmd(message, dst, len(wanted) // 2).hex() == wanted


@pytest.mark.parametrize(
    ("message", "wanted"),
    [
        # RFC 9380, appendix K.6
        (b"", "2ffc05c48ed32b95d72e807f6eab9f7530dd1c2f013914c8fed38c5ccc15ad76"),
        (b"abc", "b39e493867e2767216792abce1f2676c197c0692aed061560ead251821808e07"),
        (b"abcdef0123456789", "245389cf44a13f0e70af8665fe5337ec2dcd138890bb7901c4ad9cfceb054b65"),
    ],
)
def test_expand_message_xof_of_the_rfc(message: bytes, wanted: str) -> None:
    assert expand_message_xof(message, XOF_DST, len(wanted) // 2).hex() == wanted


def test_a_long_tag_of_the_xof_is_hashed_to_twice_the_security_level() -> None:
    """RFC 9380 section 5.3.3 with k = 128, which publishes no vector for SHAKE-256."""
    tag = b"t" * 256
    shorter = hashlib.shake_256(b"H2C-OVERSIZE-DST-" + tag).digest(2 * 128 // 8)
    assert expand_message_xof(b"m", tag, 48) == expand_message_xof(b"m", shorter, 48)
    assert expand_message_xof(b"m", tag[:255], 48) != expand_message_xof(b"m", shorter, 48)


@given(st.binary(max_size=200), st.binary(min_size=1, max_size=255), st.integers(1, 300))
def test_expand_message_xmd_agrees_with_another_implementation(message: bytes, dst: bytes, length: int) -> None:
    assert expand_message_xmd(message, dst, length) == ecc_expand(message, dst, length, SHA256)


@pytest.mark.parametrize("expand", [expand_message_xmd, expand_message_xof])
@pytest.mark.parametrize(("dst", "length"), [(b"", 32), (b"dst", 0), (b"dst", -1), (b"dst", 1 << 16), (b"dst", 1 << 31)])
def test_expansions_out_of_range_are_refused(expand: Any, dst: bytes, length: int) -> None:
    assert len(expand(b"m", b"dst", 32)) == 32
    with pytest.raises(IllFormed):
        expand(b"m", dst, length)


def test_the_longest_expansions() -> None:
    assert len(expand_message_xmd(b"m", b"dst", 255 * 32)) == 255 * 32
    assert len(expand_message_xof(b"m", b"dst", 65535)) == 65535
    with pytest.raises(IllFormed):
        expand_message_xmd(b"m", b"dst", 255 * 32 + 1)


@pytest.mark.parametrize("expand", [expand_message_xmd, expand_message_xof])
def test_hash_to_scalar_reduces_48_bytes(expand: Any) -> None:
    wanted = int.from_bytes(expand(b"m", b"dst", 48), "big") % ORDER
    assert hash_to_scalar(expand, b"m", b"dst") == wanted < ORDER
    assert hash_to_scalar(expand, b"m", b"dst2") != wanted != hash_to_scalar(expand, b"m2", b"dst")


@pytest.mark.parametrize("engine", ["native", "reference"])
@pytest.mark.parametrize(
    ("message", "x", "y"),
    [
        # RFC 9380, appendix J.9.1
        (
            b"",
            "052926add2207b76ca4fa57a8734416c8dc95e24501772c814278700eed6d1e4e8cf62d9c09db0fac349612b759e79a1",
            "08ba738453bfed09cb546dbb0783dbb3a5f1f566ed67bb6be0e8c67e2e81a4cc68ee29813bb7994998f3eae0c9c6a265",
        ),
        (
            b"abc",
            "03567bc5ef9c690c2ab2ecdf6a96ef1c139cc0b2f284dca0a9a7943388a49a3aee664ba5379a7655d3c68900be2f6903",
            "0b9c15f3fe6e5cf4211f346271d7b01c8f3b28be689c8429c85b67af215533311f0b8dfaaa154fa6b88176c229f2885d",
        ),
        (
            b"abcdef0123456789",
            "11e0b079dea29a68f0383ee94fed1b940995272407e3bb916bbf268c263ddd57a6a27200a784cbc248e84f357ce82d98",
            "03a87ae2caf14e8ee52e51fa2ed8eefe80f02457004ba4d486d6aa1f517c0889501dc7413753f9599b099ebcbbd2d709",
        ),
    ],
)
def test_hash_to_g1_of_the_rfc(engine: str, message: bytes, x: str, y: str) -> None:
    raw = ecc_hash.FQ(int(x, 16)), ecc_hash.FQ(int(y, 16)), ecc_hash.FQ.one()
    assert hash_to_g1(curves.load(engine), expand_message_xmd, message, G1_DST).to_bytes() == g1_bytes(raw)


@pytest.mark.parametrize("message", [b"", b"a", b"H2C" * 100])
def test_hash_to_g1_agrees_with_every_library(curve: Curve, reference_curve: Curve, message: bytes) -> None:
    dst = b"CREDENCE-TEST-BLS12381G1_XMD:SHA-256_SSWU_RO_"
    wanted = hash_to_g1(reference_curve, expand_message_xmd, message, dst).to_bytes()
    assert hash_to_g1(curve, expand_message_xmd, message, dst).to_bytes() == wanted
    assert bytes(pyblst.BlstP1Element.hash_to_group(message, dst).compress()) == wanted
    assert g1_bytes(ecc_hash.hash_to_G1(message, dst, SHA256)) == wanted


@pytest.mark.parametrize("message", [b"", b"abc"])
@pytest.mark.parametrize("dst", [b"d", b"d" * 300])
def test_engines_agree_on_hash_to_g1_with_the_xof(curve: Curve, reference_curve: Curve, message: bytes, dst: bytes) -> None:
    ours = hash_to_g1(curve, expand_message_xof, message, dst)
    assert ours.to_bytes() == hash_to_g1(reference_curve, expand_message_xof, message, dst).to_bytes()
    assert ours * 3 == ours + ours + ours, "what arkworks made is what blst computes with"
    assert not ours.is_identity
    assert curve.decompress_g1(ours.to_bytes()) == ours


def test_labels_are_one_table() -> None:
    values = [label.value for label in Label]
    assert len(set(values)) == len(values)
    assert all(label.isascii() and label.startswith(b"CREDENCE-") for label in values)
    framed = [lp(label) for label in values]
    clashes = [(a, b) for a in framed for b in framed if a is not b and b.startswith(a)]
    assert not clashes, "under LP no label is the beginning of another"


def test_labelled_hashes_are_what_they_say() -> None:
    text = lp(b"CREDENCE-V01-LEAF") + lp(b"a") + lp(b"")
    assert sha256_labelled(Label.LEAF, b"a", b"") == hashlib.sha256(text).digest()
    assert hmac_labelled(b"k" * 32, Label.LEAF, b"a", b"") == hmac.new(b"k" * 32, text, hashlib.sha256).digest()


@given(st.lists(st.binary(max_size=3), max_size=3), st.lists(st.binary(max_size=3), max_size=3))
def test_other_parts_hash_differently(left: list[bytes], right: list[bytes]) -> None:
    same = left == right
    assert (sha256_labelled(Label.LEAF, *left) == sha256_labelled(Label.LEAF, *right)) is same
    assert (hmac_labelled(b"k" * 32, Label.LEAF, *left) == hmac_labelled(b"k" * 32, Label.LEAF, *right)) is same


def test_other_labels_and_keys_hash_differently() -> None:
    plain = {sha256_labelled(label, b"x") for label in Label}
    keyed = {hmac_labelled(key, label, b"x") for label in Label for key in (b"k" * 32, b"l" * 32)}
    assert len(plain) == len(Label)
    assert len(keyed) == 2 * len(Label)
    assert not plain & keyed


@pytest.mark.parametrize("key", [b"", b"k" * 31])
def test_short_keys_are_refused(key: bytes) -> None:
    assert len(hmac_labelled(b"k" * 32, Label.LEAF)) == 32
    with pytest.raises(IllFormed):
        hmac_labelled(key, Label.LEAF)
