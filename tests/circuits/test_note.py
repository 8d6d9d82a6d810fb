"""Do our notes match C2SP, and is every note refused that is not exactly one?"""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from credence.circuits.errors import CircuitError, IllFormed, Malformed, Refused
from credence.circuits.merkle import EMPTY_ROOT
from credence.circuits.note import (
    MAX_NOTE,
    Checkpoint,
    NoteSigner,
    NoteVerifier,
    open_checkpoint,
    open_note,
)


def signer(name: str, seed: int) -> NoteSigner:
    return NoteSigner(name, Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32))


LOG = signer("log.example", 1)
WITNESS = signer("witness.example", 2)
STRANGER = signer("stranger.example", 3)
TEXT = "log.example\n7\nfirst line\n\nafter a blank line, and — a dash\n"
ROOT = bytes(range(32))


def line_of(note: str) -> str:
    return note[note.rindex("\n\n") + 2 :]


def with_signature(line: str, text: str = TEXT) -> str:
    return f"{text}\n{line}"


@pytest.mark.official
def test_official_example(shared: Path) -> None:
    vector = json.loads((shared / "vectors/tlog/signed-note-example.json").read_text())
    verifier = NoteVerifier.parse(vector["vkey"])
    assert verifier.vkey == vector["vkey"]
    assert open_note(vector["note"], [verifier]) == vector["text"]
    assert open_note(vector["note"].encode(), [verifier]) == vector["text"]


def test_a_signed_text_opens() -> None:
    assert open_note(LOG.sign(TEXT), [NoteVerifier.parse(LOG.vkey)]) == TEXT


def test_several_signatures_and_an_unknown_one() -> None:
    note = LOG.sign(TEXT) + line_of(STRANGER.sign(TEXT)) + line_of(WITNESS.sign(TEXT))
    assert open_note(note, [LOG.verifier]) == TEXT
    assert open_note(note, [WITNESS.verifier, LOG.verifier]) == TEXT
    # a stranger's signature need not even be one that could verify
    line = f"— stranger.example {base64.b64encode(b'idid' + b'x').decode()}\n"
    assert open_note(LOG.sign(TEXT) + line, [LOG.verifier]) == TEXT


def test_no_known_signer_is_refused() -> None:
    with pytest.raises(Refused):
        open_note(STRANGER.sign(TEXT), [LOG.verifier])
    with pytest.raises(Refused):
        open_note(LOG.sign(TEXT), [])


def test_a_bad_signature_of_a_known_signer_is_refused_beside_a_good_one() -> None:
    """Accepted twin: the first case of ``test_several_signatures_and_an_unknown_one``."""
    bad = line_of(WITNESS.sign("another text\n"))
    with pytest.raises(Refused):
        open_note(LOG.sign(TEXT) + bad, [LOG.verifier, WITNESS.verifier])
    assert open_note(LOG.sign(TEXT) + bad, [LOG.verifier]) == TEXT


def test_same_name_with_another_key_is_a_stranger() -> None:
    impostor = signer(LOG.name, 9)
    with pytest.raises(Refused, match="no known signer"):
        open_note(impostor.sign(TEXT), [LOG.verifier])


def test_two_verifiers_of_one_key_are_refused() -> None:
    with pytest.raises(IllFormed):
        open_note(LOG.sign(TEXT), [LOG.verifier, LOG.verifier])


SIGNED = LOG.sign(TEXT)
LINE = line_of(SIGNED)
ENCODED = LINE.split(" ")[2].rstrip("\n")
BLOB = base64.b64decode(ENCODED)


def unused_bits_set(encoded: str) -> str:
    """The same bytes to a lax decoder: the last character before the padding carries unused bits."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    last = encoded.rstrip("=")[-1]
    return encoded.rstrip("=")[:-1] + alphabet[alphabet.index(last) ^ 1] + "=" * encoded.count("=")


@pytest.mark.parametrize(
    "note",
    [
        pytest.param("", id="empty"),
        pytest.param(TEXT, id="no signature"),
        pytest.param(TEXT + "\n", id="no signature line"),
        pytest.param(SIGNED[:-1], id="last newline missing"),
        pytest.param(SIGNED + "\n", id="blank line after"),
        pytest.param(with_signature("\n" + LINE)[:-1] + "\n\n", id="two blank lines after"),
        pytest.param(TEXT + LINE, id="no blank line"),
        pytest.param(with_signature(LINE.replace("— ", "- ")), id="hyphen for dash"),
        pytest.param(with_signature(LINE.replace("— ", "—")), id="no space after dash"),
        pytest.param(with_signature(LINE.replace("— ", "—  ")), id="two spaces after dash"),
        pytest.param(with_signature(LINE.replace("log.example ", "log.example  ")), id="two spaces after name"),
        pytest.param(with_signature(LINE.replace("log.example", "log+example")), id="plus in name"),
        pytest.param(with_signature(LINE.replace("log.example", "log\u00a0example")), id="space in name"),
        pytest.param(with_signature(LINE.replace("log.example", "n" * 256)), id="long name"),
        pytest.param(with_signature("— log.example\n"), id="no base64"),
        pytest.param(with_signature("— log.example \n"), id="empty base64"),
        pytest.param(with_signature(f"— log.example {base64.b64encode(BLOB[:4]).decode()}\n"), id="key id only"),
        pytest.param(with_signature(LINE.replace("=\n", "\n")), id="padding missing"),
        pytest.param(with_signature(LINE.replace("=\n", "==\n")), id="too much padding"),
        pytest.param(with_signature(LINE[:-1] + " \n"), id="trailing space"),
        pytest.param(with_signature(LINE[:-1] + "\r\n"), id="carriage return"),
        pytest.param(with_signature(LINE.replace(ENCODED, unused_bits_set(ENCODED))), id="unused bits set"),
        pytest.param(with_signature(LINE.replace(ENCODED, ENCODED[:8] + "*" + ENCODED[8:])), id="not base64"),
        pytest.param(with_signature(LINE.replace(ENCODED, ENCODED[:8] + "é" + ENCODED[8:])), id="not ASCII"),
        pytest.param(SIGNED + LINE, id="one key twice"),
        pytest.param(LOG.sign(TEXT) + "".join(f"— s{n} {ENCODED}\n" for n in range(64)), id="65 signatures"),
        pytest.param(SIGNED.replace("first", "fi\trst"), id="tab in the text"),
        pytest.param(SIGNED.replace("first", "fi\x00rst"), id="zero in the text"),
        pytest.param(SIGNED.replace("first", "fi\ud800rst"), id="lone surrogate"),
        pytest.param(SIGNED.encode().replace(b"first", b"fi\xffrst"), id="not UTF-8"),
        pytest.param("x" * MAX_NOTE + SIGNED, id="too large"),
        pytest.param(("é" * (MAX_NOTE // 2)) + SIGNED, id="too large in bytes"),
    ],
)
def test_malformed_notes_are_refused(note: str | bytes) -> None:
    """Accepted twin: ``SIGNED``, from which each differs in one place."""
    assert open_note(SIGNED, [LOG.verifier]) == TEXT
    with pytest.raises(Malformed):
        open_note(note, [LOG.verifier])


@pytest.mark.parametrize(
    "note",
    [
        pytest.param(SIGNED.replace("first", "First"), id="text changed"),
        pytest.param("\n" + SIGNED, id="newline before"),
        pytest.param(with_signature(f"— log.example {base64.b64encode(BLOB[:-1]).decode()}\n"), id="signature short"),
        pytest.param(with_signature(f"— log.example {base64.b64encode(BLOB + bytes(1)).decode()}\n"), id="signature long"),
        pytest.param(
            with_signature(f"— log.example {base64.b64encode(BLOB[:4] + bytes(64)).decode()}\n"), id="signature of zeros"
        ),
        pytest.param(with_signature(LINE.replace("log.example", "log2.example")), id="signature under another name"),
    ],
)
def test_bad_signatures_are_refused(note: str) -> None:
    """Accepted twin: ``SIGNED``."""
    with pytest.raises(Refused):
        open_note(note, [LOG.verifier])


@given(st.integers(0, len(SIGNED.encode()) * 8 - 1))
def test_every_flipped_bit_is_refused(bit: int) -> None:
    data = bytearray(SIGNED.encode())
    data[bit // 8] ^= 1 << (bit % 8)
    with pytest.raises(CircuitError):
        open_note(bytes(data), [LOG.verifier])


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters=[chr(n) for n in range(32)]), max_size=60))
def test_every_text_opens_as_it_was_signed(line: str) -> None:
    text = f"{line}\n\n{line}\n"
    assert open_note(LOG.sign(text), [LOG.verifier]) == text


@pytest.mark.parametrize("text", ["", "no newline", "tab\t\n", "zero\x00\n", "\ud800\n", "x" * MAX_NOTE + "\n"])
def test_texts_that_make_no_note_are_not_signed(text: str) -> None:
    with pytest.raises(IllFormed):
        LOG.sign(text)


@pytest.mark.parametrize("name", ["", "two words", "a+b", "line\n", "nb\u00a0sp", "\ud800", "n" * 256])
def test_bad_names_are_refused(name: str) -> None:
    with pytest.raises(IllFormed):
        signer(name, 1)


KEY = base64.b64encode(b"\x01" + LOG.verifier.public_key).decode()
KEY_ID = LOG.verifier.key_id.hex()


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "log.example",
        f"log.example+{KEY_ID}",
        f"log.example+{KEY}+{KEY_ID}",
        f"other.example+{KEY_ID}+{KEY}",
        f"log.example+00000000+{KEY}",
        f"log.example+{KEY_ID.upper()}+{KEY}",
        f"log.example+{KEY_ID[:-1]}+{KEY}",
        f"log.example+{KEY_ID}+{KEY}=",
        f"log.example+{KEY_ID}+{KEY} ",
        f"log.example+{KEY_ID}+{base64.b64encode(bytes([2]) + LOG.verifier.public_key).decode()}",
        f"log.example+{KEY_ID}+{base64.b64encode(bytes([1]) + LOG.verifier.public_key[:-1]).decode()}",
        f"+{KEY_ID}+{KEY}",
        f"log example+{KEY_ID}+{KEY}",
        f"{'n' * 400}+{KEY_ID}+{KEY}",
    ],
)
def test_bad_verifier_keys_are_refused(vkey: str) -> None:
    """Accepted twin: ``LOG.vkey``."""
    assert NoteVerifier.parse(f"log.example+{KEY_ID}+{KEY}") == LOG.verifier
    with pytest.raises(Malformed):
        NoteVerifier.parse(vkey)


def test_a_verifier_has_a_whole_public_key() -> None:
    with pytest.raises(IllFormed):
        NoteVerifier("log.example", bytes(31))


# --- checkpoints ---

CHECKPOINT = Checkpoint("log.example", 20, ROOT)
B64_ROOT = base64.b64encode(ROOT).decode()


@pytest.mark.parametrize(
    "checkpoint",
    [
        CHECKPOINT,
        Checkpoint("log.example", 0, EMPTY_ROOT),
        Checkpoint("log.example", (1 << 63) - 1, ROOT),
        Checkpoint("log.example/é", 1, ROOT, ("extension one", "two")),
    ],
)
def test_checkpoints_are_read_as_written(checkpoint: Checkpoint) -> None:
    assert Checkpoint.parse(checkpoint.text()) == checkpoint


def test_a_checkpoint_is_opened_with_its_log_s_key() -> None:
    assert open_checkpoint(LOG.sign(CHECKPOINT.text()), LOG.verifier) == CHECKPOINT


def test_a_checkpoint_of_another_log_under_the_same_key_is_refused() -> None:
    with pytest.raises(Refused, match="another log"):
        open_checkpoint(LOG.sign(Checkpoint("other.example", 20, ROOT).text()), LOG.verifier)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("log.example\n20\n", id="no root"),
        pytest.param(f"log.example\n20\n{B64_ROOT}", id="last newline missing"),
        pytest.param(f"\n20\n{B64_ROOT}\n", id="no origin"),
        pytest.param(f"log.example\n020\n{B64_ROOT}\n", id="leading zero"),
        pytest.param(f"log.example\n+20\n{B64_ROOT}\n", id="sign"),
        pytest.param(f"log.example\n-20\n{B64_ROOT}\n", id="negative"),
        pytest.param(f"log.example\n2_0\n{B64_ROOT}\n", id="underscore"),
        pytest.param(f"log.example\n 20\n{B64_ROOT}\n", id="space"),
        pytest.param(f"log.example\n\n{B64_ROOT}\n", id="no size"),
        pytest.param(f"log.example\n٢٠\n{B64_ROOT}\n", id="other digits"),
        pytest.param(f"log.example\n{1 << 63}\n{B64_ROOT}\n", id="2^63"),
        pytest.param(f"log.example\n{'9' * 5000}\n{B64_ROOT}\n", id="5000 digits"),
        pytest.param(f"log.example\n20\n{B64_ROOT[:-1]}\n", id="padding missing"),
        pytest.param(f"log.example\n20\n{unused_bits_set(B64_ROOT)}\n", id="unused bits set"),
        pytest.param(f"log.example\n20\n{base64.b64encode(ROOT[:-1]).decode()}\n", id="31 bytes"),
        pytest.param(f"log.example\n20\n{B64_ROOT}\n\n", id="empty extension"),
        pytest.param(f"log.example\n20\n{B64_ROOT}\nbell\x07\n", id="control character"),
        pytest.param(f"log.example\n0\n{B64_ROOT}\n", id="empty log with a root"),
    ],
)
def test_malformed_checkpoints_are_refused(text: str) -> None:
    """Accepted twin: ``CHECKPOINT.text()``, from which each differs in one place."""
    assert Checkpoint.parse(f"log.example\n20\n{B64_ROOT}\n") == CHECKPOINT
    with pytest.raises(Malformed):
        Checkpoint.parse(text)
