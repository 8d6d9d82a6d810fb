"""Is a chip believed only if a trusted state signed exactly this data, and the document is of that state and not over?

The accepted twin of every refused bundle is ``passport()``, which differs from it in what is named.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ObjectIdentifier

from credence.service.adapters.country_signers import CountrySigners, read_country_signers
from credence.service.adapters.icao_emrtd import IcaoEmrtd
from credence.service.adapters.security_object import read_security_object
from credence.service.errors import Misconfigured
from credence.service.issuer.evidence import Assurance, EvidenceRefused, Kind, Refusal
from tests.service.adapters import chips
from tests.service.adapters.certificates import AT, NOW, authority, leaf, name, p256, pem
from tests.service.adapters.chips import (
    ABSENT,
    CSCA,
    CSCA_KEY,
    OTHER_CSCA,
    OTHER_KEY,
    SIGNER,
    SIGNER_KEY,
    chip_bundle,
    data_group_1,
    passport,
    rsa_key,
    security_object,
    signing_with,
    sod,
    td1,
    td3,
    weak_rsa_key,
)

DAY = 86_400
GROUP = {1: data_group_1(td3())}


@pytest.fixture(scope="module")
def adapter() -> IcaoEmrtd:
    return IcaoEmrtd(CountrySigners([CSCA]))


def refusal(adapter: IcaoEmrtd, data: bytes, now: int = NOW) -> Refusal:
    with pytest.raises(EvidenceRefused) as caught:
        adapter.verify(data, now)
    return caught.value.refusal


def test_the_facts_are_in_the_zone_and_what_the_desk_states(adapter: IcaoEmrtd) -> None:
    evidence = adapter.verify(passport(), NOW)
    assert (evidence.given_name, evidence.family_name, evidence.birth_date) == ("ERIKA", "MUSTERMANN", date(1984, 1, 26))
    assert (evidence.document.country, evidence.document.type, evidence.document.number) == ("DE", "passport", "C11T002JM")
    assert (evidence.nationalities, evidence.residence, evidence.kind) == (("DE",), "DE", Kind.NATURAL)
    assert evidence.valid_until == NOW + 30 * DAY
    assert evidence.challenge is None
    assert evidence.reference.vendor == "icao-emrtd"
    assert "MUSTER" not in repr(evidence)


def test_a_copy_passes_and_so_the_assurance_is_basic(adapter: IcaoEmrtd) -> None:
    """Whoever has the files has the evidence: nothing here is of the chip itself."""
    assert adapter.verify(passport(), NOW).assurance is Assurance.BASIC
    assert adapter.verify(passport(more={14: b"\x6e\x00", 15: b"\x6f\x00"}), NOW).assurance is Assurance.BASIC


def test_a_card_is_read(adapter: IcaoEmrtd) -> None:
    evidence = adapter.verify(passport(td1()), NOW)
    assert (evidence.document.type, evidence.document.number) == ("id-card", "T22000129")


@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
@pytest.mark.parametrize("scheme", ["ecdsa", "pkcs1", "pss"])
def test_signatures_by_every_scheme(adapter: IcaoEmrtd, scheme: str, digest: str) -> None:
    key = SIGNER_KEY if scheme == "ecdsa" else rsa_key()
    good = sod(security_object(GROUP, digest=digest), scheme=scheme, digest=digest, **signing_with(key))
    adapter.verify(chip_bundle(good, GROUP), NOW)
    spoilt = good[:-1] + bytes([good[-1] ^ 1])
    assert refusal(adapter, chip_bundle(spoilt, GROUP)) is Refusal.FORGED
    if scheme == "ecdsa":
        swapped = sod(security_object(GROUP), scheme=scheme, **{**signing_with(key), "key": p256(99)})
        assert refusal(adapter, chip_bundle(swapped, GROUP)) is Refusal.FORGED


def test_an_authority_may_sign_with_pss() -> None:
    key = rsa_key()
    csca = authority(key, name("CSCA", "DE"))
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    signer = leaf(SIGNER_KEY.public_key(), name("Document Signer", "DE"), csca, key, rsa_padding=pss)
    IcaoEmrtd(CountrySigners([OTHER_CSCA, csca])).verify(passport(signer=signer), NOW)


@pytest.mark.parametrize(
    ("signing", "reason"),
    [
        ({"digest": "sha1"}, Refusal.UNSUPPORTED_ALGORITHM),
        ({"key": OTHER_KEY}, Refusal.FORGED),
        ({"attribute_digest": bytes(32)}, Refusal.FORGED),
        ({"attribute_type": "data"}, Refusal.WRONG_TYPE),
        ({"content_type": "data", "attribute_type": "data"}, Refusal.WRONG_TYPE),
        ({"version": 1}, Refusal.WRONG_TYPE),
        ({"certificates": ()}, Refusal.INCOMPLETE),
        ({"certificates": (CSCA,)}, Refusal.MALFORMED),
        ({"certificates": (SIGNER, SIGNER)}, Refusal.MALFORMED),
    ],
)
def test_what_is_signed_otherwise_is_refused(adapter: IcaoEmrtd, signing: dict[str, Any], reason: Refusal) -> None:
    assert refusal(adapter, passport(**signing)) is reason


def test_a_key_that_is_too_short_signs_nothing(adapter: IcaoEmrtd) -> None:
    adapter.verify(passport(scheme="pkcs1", **signing_with(rsa_key())), NOW)
    assert refusal(adapter, passport(scheme="pkcs1", **signing_with(weak_rsa_key()))) is Refusal.UNSUPPORTED_ALGORITHM


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (security_object(GROUP, version=2), Refusal.MALFORMED),
        (security_object(GROUP, repeated=True), Refusal.MALFORMED),
        (security_object({**GROUP, 17: b""}), Refusal.MALFORMED),
        (security_object({**GROUP, 0: b""}), Refusal.MALFORMED),
        (security_object({2: b""}), Refusal.INCOMPLETE),
        (security_object(GROUP) + b"\x00", Refusal.MALFORMED),
        (b"", Refusal.MALFORMED),
        (security_object({1: data_group_1(td3(names="MUSTERMANN<<ERIKO"))}), Refusal.FORGED),
    ],
)
def test_hashes_are_of_these_data_groups(adapter: IcaoEmrtd, content: bytes, reason: Refusal) -> None:
    adapter.verify(chip_bundle(sod(security_object(GROUP)), GROUP), NOW)
    assert refusal(adapter, chip_bundle(sod(content), GROUP)) is reason


def test_every_group_that_comes_is_checked(adapter: IcaoEmrtd) -> None:
    groups = {**GROUP, 11: b"\x6b\x03abc"}
    signed = sod(security_object(groups))
    adapter.verify(chip_bundle(signed, groups), NOW)
    adapter.verify(chip_bundle(signed, GROUP), NOW)
    assert refusal(adapter, chip_bundle(signed, {**GROUP, 11: b"\x6b\x03abd"})) is Refusal.FORGED
    assert refusal(adapter, chip_bundle(signed, {**GROUP, 14: b"\x6e\x00"})) is Refusal.INCOMPLETE


@pytest.mark.parametrize(
    ("bundle", "reason"),
    [
        ({"type": "credence/eu-pid/1"}, Refusal.WRONG_TYPE),
        ({"sod": ABSENT}, Refusal.INCOMPLETE),
        ({"sod": "="}, Refusal.MALFORMED),
        ({"sod": "AA"}, Refusal.MALFORMED),
        ({"sod": 7}, Refusal.MALFORMED),
        ({"data_groups": {}}, Refusal.INCOMPLETE),
        ({"data_groups": []}, Refusal.MALFORMED),
        ({"data_groups": {"1": "AA"}}, Refusal.FORGED),
        ({"data_groups": {"01": "AA"}}, Refusal.MALFORMED),
        ({"data_groups": {"1": 7}}, Refusal.MALFORMED),
        ({"data_groups": {"1": "AA", "2": "AA"}}, Refusal.MALFORMED),
        ({"data_groups": {"1": "AA", "3": "AA"}}, Refusal.MALFORMED),
        ({"stated": ABSENT}, Refusal.INCOMPLETE),
        ({"stated": {**chips.STATED, "residence": "QQ"}}, Refusal.INCOMPLETE),
        ({"more": 1}, Refusal.MALFORMED),
    ],
)
def test_a_bundle_of_another_form_is_refused(adapter: IcaoEmrtd, bundle: dict[str, Any], reason: Refusal) -> None:
    members = {**json.loads(passport()), **bundle}
    data = json.dumps({at: value for at, value in members.items() if value is not ABSENT}).encode()
    assert refusal(adapter, data) is reason


@pytest.mark.parametrize(
    "group",
    [b"", b"\x61", b"\x61\x00", data_group_1(td3()) + b"\x00", b"\x62" + data_group_1(td3())[1:], b"\x61\x03\x5f\x1f\x00"],
)
def test_a_signed_zone_that_is_none_is_refused(adapter: IcaoEmrtd, group: bytes) -> None:
    assert refusal(adapter, chip_bundle(sod(security_object({1: group})), {1: group})) is Refusal.MALFORMED


# --- whose signature it is ---


@pytest.mark.parametrize(
    ("signer", "reason"),
    [
        (leaf(SIGNER_KEY.public_key(), name("S", "DE"), OTHER_CSCA, OTHER_KEY), Refusal.UNTRUSTED),
        (leaf(SIGNER_KEY.public_key(), name("S", "FR"), CSCA, CSCA_KEY), Refusal.UNTRUSTED),
        (leaf(SIGNER_KEY.public_key(), name("S", "DE"), CSCA, CSCA_KEY, days=(-30, -1)), Refusal.STALE),
        (leaf(SIGNER_KEY.public_key(), name("S", "DE"), CSCA, CSCA_KEY, days=(1, 30)), Refusal.NOT_YET_VALID),
        (authority(SIGNER_KEY, name("CSCA", "DE"), is_ca=False, sign_certificates=False), Refusal.UNTRUSTED),
    ],
)
def test_the_signer_is_a_trusted_states(adapter: IcaoEmrtd, signer: x509.Certificate, reason: Refusal) -> None:
    adapter.verify(passport(signer=SIGNER), NOW)
    assert refusal(adapter, passport(signer=signer)) is reason


def test_an_authority_signs_no_documents_itself() -> None:
    adapter = IcaoEmrtd(CountrySigners([CSCA]))
    assert refusal(adapter, passport(signer=CSCA, key=CSCA_KEY)) is Refusal.UNTRUSTED


@pytest.mark.parametrize(
    "csca",
    [
        authority(CSCA_KEY, name("CSCA", "DE"), days=(-400, -1)),
        authority(CSCA_KEY, name("CSCA", "DE"), days=(1, 400)),
        authority(CSCA_KEY, name("CSCA", "DE"), is_ca=False),
        authority(CSCA_KEY, name("CSCA", "DE"), sign_certificates=False),
        authority(CSCA_KEY, name("Another CSCA", "DE")),
    ],
)
def test_an_authority_is_one_and_at_its_time(csca: x509.Certificate) -> None:
    IcaoEmrtd(CountrySigners([authority(CSCA_KEY, name("CSCA", "DE"))])).verify(passport(), NOW)
    assert refusal(IcaoEmrtd(CountrySigners([csca])), passport()) is Refusal.UNTRUSTED


def test_who_signs_lists_signs_no_documents(adapter: IcaoEmrtd) -> None:
    """The signer of a master list is under the same CSCA, and says by a critical extension what it is for."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(SIGNER.subject)
        .issuer_name(CSCA.subject)
        .public_key(SIGNER_KEY.public_key())
        .serial_number(3)
        .not_valid_before(AT - timedelta(days=1))
        .not_valid_after(AT + timedelta(days=1))
        .add_extension(x509.KeyUsage(True, *[False] * 8), critical=True)
    )
    adapter.verify(passport(signer=builder.sign(CSCA_KEY, hashes.SHA256())), NOW)
    purpose = x509.ExtendedKeyUsage([ObjectIdentifier("2.23.136.1.1.3")])
    lister = builder.add_extension(purpose, critical=True).sign(CSCA_KEY, hashes.SHA256())
    assert refusal(adapter, passport(signer=lister)) is Refusal.UNTRUSTED


def test_a_state_signs_for_itself_alone(adapter: IcaoEmrtd) -> None:
    assert refusal(adapter, passport(td3(state="FRA"))) is Refusal.UNTRUSTED
    adapter.verify(passport(td3(nationality="FRA")), NOW)


def test_a_document_ends_with_its_last_day(adapter: IcaoEmrtd) -> None:
    day = datetime.fromtimestamp(NOW, UTC).strftime("%y%m%d")
    evidence = adapter.verify(passport(td3(expiry=day)), NOW)
    assert NOW < evidence.valid_until < NOW + DAY
    yesterday = (datetime.fromtimestamp(NOW, UTC) - timedelta(days=1)).strftime("%y%m%d")
    assert refusal(adapter, passport(td3(expiry=yesterday))) is Refusal.STALE


# --- what the operator configures ---


def revocations(key: Any, issuer: x509.Name, serial: int) -> x509.CertificateRevocationList:
    revoked = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(AT).build()
    builder = x509.CertificateRevocationListBuilder().issuer_name(issuer).last_update(AT)
    return builder.next_update(AT + timedelta(days=90)).add_revoked_certificate(revoked).sign(key, hashes.SHA256())


def test_a_folder_of_authorities_is_read(tmp_path: Path) -> None:
    (tmp_path / "de.pem").write_bytes(pem(OTHER_CSCA))
    (tmp_path / "de-2.cer").write_bytes(CSCA.public_bytes(Encoding.DER))
    (tmp_path / "README.txt").write_text("where they are from")
    IcaoEmrtd(read_country_signers(tmp_path)).verify(passport(), NOW)


def test_a_signer_that_was_revoked_is_refused(tmp_path: Path) -> None:
    (tmp_path / "de.pem").write_bytes(pem(CSCA))
    (tmp_path / "de.crl").write_bytes(revocations(CSCA_KEY, CSCA.subject, 7).public_bytes(Encoding.DER))
    IcaoEmrtd(read_country_signers(tmp_path)).verify(passport(), NOW)
    (tmp_path / "de.crl").write_bytes(revocations(CSCA_KEY, CSCA.subject, SIGNER.serial_number).public_bytes(Encoding.PEM))
    assert refusal(IcaoEmrtd(read_country_signers(tmp_path)), passport()) is Refusal.REVOKED
    (tmp_path / "de.crl").write_bytes(revocations(OTHER_KEY, CSCA.subject, 7).public_bytes(Encoding.DER))
    with pytest.raises(Misconfigured, match="revoked"):
        read_country_signers(tmp_path)


def test_a_folder_that_cannot_be_read_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot be read"):
        read_country_signers(tmp_path / "missing")
    with pytest.raises(Misconfigured, match="no certificate"):
        read_country_signers(tmp_path)
    (tmp_path / "de.pem").write_bytes(b"nothing of the kind")
    with pytest.raises(Misconfigured, match="cannot be read"):
        read_country_signers(tmp_path)


# --- real ones ---


def vectors(shared: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((shared / "vectors" / "icao-9303" / "pymrtd-lds-files.json").read_text())
    return found


@pytest.mark.official
@pytest.mark.parametrize(("first", "at"), [(31, datetime(2014, 6, 1, tzinfo=UTC)), (202, datetime(2012, 1, 1, tzinfo=UTC))])
def test_real_files_hold_together(shared: Path, first: int, at: datetime) -> None:
    """The reference sets of BSI TR-03105-5 and ETSI TR 103 200: EF.SOD, and the data groups that come along with it."""
    found = vectors(shared)
    start = next(index for index, vector in enumerate(found) if vector["line"] == first)
    signed = read_security_object(bytes.fromhex(found[start]["hex"]))
    groups = {vector["var"]: bytes.fromhex(vector["hex"]) for vector in found[start + 1 : start + 4]}
    held = {int(name.removeprefix("tv_dg")): content for name, content in groups.items()}
    for number in held.keys() & signed.hashes.keys():
        signed.check(number, held[number])
        with pytest.raises(EvidenceRefused) as caught:
            signed.check(number, held[number][:-1] + bytes([held[number][-1] ^ 1]))
        assert caught.value.refusal is Refusal.FORGED
    assert signed.signer.not_valid_before_utc < at < signed.signer.not_valid_after_utc
    with pytest.raises(EvidenceRefused) as caught:
        CountrySigners([CSCA]).country_of(signed.signer, int(at.timestamp()))
    assert caught.value.refusal is Refusal.UNTRUSTED


@pytest.mark.official
def test_real_files_that_were_changed_are_refused(shared: Path) -> None:
    changed = [vector for vector in vectors(shared) if vector["test"] == "test_fuzz_sod" and vector["line"] <= 609]
    assert len(changed) == 11
    for vector in changed:
        with pytest.raises(EvidenceRefused):
            read_security_object(bytes.fromhex(vector["hex"]))


@pytest.mark.official
def test_every_bit_of_a_real_object_that_matters_counts(shared: Path) -> None:
    """The hashes, the signed attributes and the signature: one bit in every seventh byte."""
    whole = bytes.fromhex(next(vector["hex"] for vector in vectors(shared) if vector["line"] == 31))
    certificate = read_security_object(whole).signer.public_bytes(Encoding.DER)
    start = whole.index(certificate)
    attributes = whole.rindex(bytes.fromhex("2a864886f70d010903")), whole.rindex(bytes.fromhex("2a864886f70d01010a"))
    for at in [*range(60, start - 4, 7), *range(*attributes, 7), *range(len(whole) - 256, len(whole), 7)]:
        changed = whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
        with pytest.raises(EvidenceRefused):
            read_security_object(changed)
