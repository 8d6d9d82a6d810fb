"""Do 24 words give back the very holder, and does nothing else, said by nobody but who asked?"""

from __future__ import annotations

import logging
import traceback
from pathlib import Path

import pytest

from credence.circuits.curve import Curve
from credence.sdk.errors import (
    Conflict,
    CredenceError,
    PhraseInvalid,
    VaultUnavailable,
    WeakPassphrase,
    WrongPassphrase,
)
from credence.sdk.recovery import phrase_of, root_of
from credence.sdk.vault import FLOOR
from credence.sdk.wallet import TrustedIssuer, Wallet
from tests.sdk.conftest import PASSPHRASE, Make
from tests.sdk.small_service import ISSUER, TOKEN, VENUE, SmallService

# Those of 256 bits in https://github.com/trezor/python-mnemonic/blob/master/vectors.json, which BIP-39 names as its vectors.
OFFICIAL = {
    "00" * 32: "abandon " * 23 + "art",
    "7f" * 32: "legal winner thank year wave sausage worth useful " * 2 + "legal winner thank year wave sausage worth title",
    "80" * 32: "letter advice cage absurd amount doctor acoustic avoid " * 2
    + "letter advice cage absurd amount doctor acoustic bless",
    "ff" * 32: "zoo " * 23 + "vote",
    "00ac97c48106f0aeb8ba061e0250a559b3251dc35854e694780ba51d53a50120": (
        "absent gorilla van acoustic humor firm title dolphin bulk barely citizen recall crane moment aspect appear track "
        "phrase actual enforce steel spoon afraid benefit"
    ),
    "3edc83b60740d77af3afa2fcb82c2f1bc541ee4e2518ddef4996d32453f54a3c": (
        "disagree tomato unique attend aspect runway solid violin witness scrap armed daring favorite warm decade perfect "
        "target kid grant play early wide cigar night"
    ),
}
PHRASE = OFFICIAL["00ac97c48106f0aeb8ba061e0250a559b3251dc35854e694780ba51d53a50120"]
ROOT = root_of(PHRASE)
SWAPPED = " ".join([*PHRASE.split()[1::-1], *PHRASE.split()[2:]])


@pytest.mark.parametrize("root", OFFICIAL)
def test_official_vectors(root: str) -> None:
    assert phrase_of(bytes.fromhex(root)) == OFFICIAL[root]
    assert root_of(OFFICIAL[root]).hex() == root


@pytest.mark.parametrize(
    "written",
    [
        PHRASE.upper(),
        PHRASE.title(),
        f"\n  {PHRASE.replace(' ', '   ')}\t\n",
        f"\ufeff{PHRASE}\r\n",  # a file that an editor saved with its mark
        PHRASE.replace(" ", "\n"),
        PHRASE.replace(" ", "\u3000"),
        PHRASE.replace(" ", "\u00a0"),
        PHRASE.replace("firm", "\ufb01rm"),  # one letter that is two, as a word processor sets it
        "".join(chr(ord(c) + 0xFEE0) if c != " " else c for c in PHRASE),  # full width
    ],
)
def test_letters_and_spaces_may_be_written_otherwise(written: str) -> None:
    assert root_of(written) == ROOT


WORDS = PHRASE.split()
WRONG = {
    "misspelt": ["absemt", *WORDS[1:]],
    "no word of the list": ["credence", *WORDS[1:]],
    "another language": ["abaisser", *WORDS[1:]],
    "shortened": ["abse", *WORDS[1:]],
    "another word": ["zoo", *WORDS[1:]],
    "another order": [WORDS[1], WORDS[0], *WORDS[2:]],
    "another last word": [*WORDS[:-1], "zoo"],
    "too few": WORDS[:-1],
    "too many": [*WORDS, "zoo"],
    "a valid one of 12": ["abandon"] * 11 + ["about"],
    "none": [],
    "without end": ["zoo"] * 100_000,
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_no_phrase_is_refused_and_no_word_of_it_is_named(case: str) -> None:
    with pytest.raises(PhraseInvalid) as caught:
        root_of(" ".join(WRONG[case]))
    error = caught.value
    assert isinstance(error, CredenceError)
    assert error.__cause__ is None
    assert error.__context__ is None
    said = {word.strip(".,:") for word in str(error).split()} - {"recovery", "phrase", "words", "has", "24"}
    assert not said & set(WRONG[case])
    assert root_of(PHRASE) == ROOT


# --- a holder comes back ---


def visit(service: SmallService, wallet: Wallet) -> bytes | None:
    """The pseudonym that the venue sees."""
    request = service.request()
    return service.seen(request, wallet.present(request, audience=VENUE)).pseudonym


def test_a_lost_vault_comes_back_as_the_same_holder(
    service: SmallService, make: Make, pin: TrustedIssuer, curve: Curve, tmp_path: Path
) -> None:
    lost = make()
    held = lost.receive(service.offer(), TOKEN)
    pseudonym = visit(service, lost)
    phrase = lost.recovery_phrase(PASSPHRASE)
    del lost
    (tmp_path / "v0").unlink()

    surroundings = {"transport": service, "trust": [pin], "curve": curve, "clock": service.clock}
    back = Wallet.restore(phrase.upper(), tmp_path / "back", "another passphrase", parameters=FLOOR, **surroundings)
    assert back.credentials == ()  # words bring back secrets, not credentials
    assert back.receive(service.offer(), TOKEN) == held  # the same claim once more
    renewed = back.receive(service.offer("case-2"), TOKEN)  # and another case
    assert renewed.secrets == held.secrets
    assert visit(service, back) == pseudonym
    assert back.answer(service.request("s-2").session_id, audience=VENUE).pseudonym == pseudonym
    assert back.recovery_phrase("another passphrase") == phrase
    assert Wallet.open(tmp_path / "back", "another passphrase", **surroundings).credentials == back.credentials


def test_other_words_are_another_holder(service: SmallService, make: Make, pin: TrustedIssuer, tmp_path: Path) -> None:
    first = make()
    first.receive(service.offer(), TOKEN)
    pseudonym = visit(service, first)
    other = Wallet.restore(
        PHRASE, tmp_path / "other", PASSPHRASE, transport=service, trust=[pin], parameters=FLOOR, clock=service.clock
    )
    with pytest.raises(Conflict):  # the issuer gave this case's credential to somebody
        other.receive(service.offer(), TOKEN)
    other.receive(service.offer("case-2"), TOKEN)
    assert visit(service, other) != pseudonym


def test_a_vault_from_before_has_words_too(service: SmallService, make: Make) -> None:
    """The words are those of the root that every vault has had from the first."""
    assert make(root=ROOT).recovery_phrase(PASSPHRASE) == PHRASE
    assert make(root=bytes(32)).recovery_phrase(PASSPHRASE) == OFFICIAL["00" * 32]


def test_the_words_are_given_out_for_the_passphrase_alone(make: Make) -> None:
    with pytest.raises(WrongPassphrase):
        make().recovery_phrase(PASSPHRASE + "!")


def test_nothing_is_made_where_nothing_can_be(service: SmallService, make: Make, tmp_path: Path) -> None:
    make()
    with pytest.raises(VaultUnavailable):
        Wallet.restore(PHRASE, tmp_path / "v0", PASSPHRASE, transport=service, parameters=FLOOR)
    with pytest.raises(WeakPassphrase):
        Wallet.restore(PHRASE, tmp_path / "new", "short", transport=service, parameters=FLOOR)
    with pytest.raises(PhraseInvalid):
        Wallet.restore(SWAPPED, tmp_path / "new", PASSPHRASE, transport=service, parameters=FLOOR)
    assert not (tmp_path / "new").exists()


def test_no_word_is_printed_or_logged(
    service: SmallService, make: Make, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    wallet = make(root=ROOT)
    held = wallet.receive(service.offer(), TOKEN)
    wallet.recovery_phrase(PASSPHRASE)
    with pytest.raises(PhraseInvalid) as caught:
        Wallet.restore(SWAPPED, tmp_path / "new", PASSPHRASE, transport=service, parameters=FLOOR)
    trace = "".join(traceback.format_exception(caught.value))
    said = " ".join((repr(wallet), repr(wallet.flows.contents), repr(held), repr(caught.value), caplog.text, trace))
    for word in ("gorilla", "acoustic", "dolphin", "benefit"):
        assert word not in said
    assert ROOT.hex() not in said
    assert ISSUER in said  # it is not empty
