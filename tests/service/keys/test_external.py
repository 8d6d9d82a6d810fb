"""Does any program that seals and opens fit as a key store, and is one that misbehaves refused in time, without a trace?"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from credence.circuits.curve import Curve
from credence.circuits.encoding import b64u
from credence.service.keys import FileMaster, Keyring, KeyringRefused, Purpose, create_master_file
from credence.service.keys.external import ASSOCIATED, MAX_SEALED, CommandStore, ExternalMaster
from tests.conftest import SeededBytes

NOW = 1_790_000_000

# A key store in twenty lines: the associated data on the first line, then the bytes; a key of its own in a file beside it.
STORE = """
import hashlib, hmac, os, pathlib, sys
key = pathlib.Path(__file__).with_name("kms.key").read_bytes()
bound, _, given = sys.stdin.buffer.read().partition(b"\\n")
def stream(nonce, length):
    return hashlib.shake_256(key + nonce).digest(length)
def tag(nonce, body):
    return hmac.digest(key, bound + b"|" + nonce + body, "sha256")
def crossed(nonce, body):
    return bytes(a ^ b for a, b in zip(body, stream(nonce, len(body))))
if sys.argv[-1] == "wrap":
    nonce = os.urandom(16)
    body = crossed(nonce, given)
    sys.stdout.buffer.write(nonce + tag(nonce, body) + body)
else:
    nonce, mac, body = given[:16], given[16:48], given[48:]
    if not hmac.compare_digest(mac, tag(nonce, body)):
        sys.exit("not sealed here: " + given.hex())
    sys.stdout.buffer.write(crossed(nonce, body))
"""


def program(folder: Path, source: str) -> CommandStore:
    script = folder / f"kms-{len(list(folder.iterdir()))}.py"
    script.write_text(source)
    return CommandStore((sys.executable, "-S", "-E", str(script), "--key", "credence"))


@pytest.fixture
def store(tmp_path: Path, rng: SeededBytes) -> CommandStore:
    (tmp_path / "kms.key").write_bytes(rng(32))
    return program(tmp_path, STORE)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keyring.json"


def test_a_keyring_is_opened_by_a_key_store(path: Path, store: CommandStore, rng: SeededBytes, curve: Curve) -> None:
    made = Keyring.create(path, ExternalMaster(store), now=NOW, rng=rng, curve=curve, purposes=[Purpose.API_KEY])
    again = Keyring.open(path, ExternalMaster(store))
    assert again.opened(Purpose.API_KEY) == made.opened(Purpose.API_KEY)
    assert b64u(made.secret(Purpose.API_KEY)) not in path.read_text()
    path.with_name("kms.key").write_bytes(bytes(32))
    with pytest.raises(KeyringRefused, match="refused, or failed") as caught:
        Keyring.open(path, ExternalMaster(store))
    assert "not sealed here" not in str(caught.value)


def test_a_master_key_is_bound_to_what_it_is_for(store: CommandStore) -> None:
    sealed = store.wrap(bytes(32), ASSOCIATED)
    assert store.unwrap(sealed, ASSOCIATED) == bytes(32)
    with pytest.raises(KeyringRefused):
        store.unwrap(sealed, b"something else")
    with pytest.raises(KeyringRefused):
        store.unwrap(sealed[:-1] + bytes([sealed[-1] ^ 1]), ASSOCIATED)


@pytest.mark.parametrize("header", [{"kind": "file"}, {"kind": "external"}, {"kind": "external", "sealed": 1}])
def test_another_header_is_refused(store: CommandStore, header: dict[str, object]) -> None:
    with pytest.raises(KeyringRefused, match="not opened by a key store"):
        ExternalMaster(store).unlock(header)
    with pytest.raises(KeyringRefused, match="malformed"):
        ExternalMaster(store).unlock({"kind": "external", "sealed": "!"})


IN = "import sys; given = sys.stdin.buffer.read().partition(b'\\n')[2]\n"


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (IN + "sys.stdout.buffer.write(given)", "did not seal"),
        (IN + "sys.stdout.buffer.write(b'x' + given)", "did not seal"),
        (IN + "sys.stdout.buffer.write(b'sealed')", "does not open|no master key"),
        (IN, "answered nothing"),
        (IN + f"sys.stdout.buffer.write(bytes({MAX_SEALED + 1}))", "too much"),
        (IN + "sys.exit(given.hex())", "refused, or failed"),
        ("import os; os.close(0); print('sealed', flush=True); raise SystemExit(3)", "refused, or failed"),
    ],
)
def test_a_store_that_misbehaves_locks_nothing(
    tmp_path: Path, path: Path, rng: SeededBytes, curve: Curve, source: str, why: str
) -> None:
    master = ExternalMaster(program(tmp_path, source))
    with pytest.raises(KeyringRefused, match=why):
        Keyring.create(path, master, now=NOW, rng=rng, curve=curve, purposes=[Purpose.API_KEY])
    assert not path.exists()


@pytest.mark.parametrize("source", ["import time; time.sleep(60)", "while True: print('x' * 9999, flush=True)"])
def test_a_store_that_does_not_end_is_ended(tmp_path: Path, source: str) -> None:
    store = program(tmp_path, f"import os; open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\n{source}")
    began = time.monotonic()
    with pytest.raises(KeyringRefused, match=r"in time|too much"):
        CommandStore(store.argv, deadline=0.5).wrap(bytes(32), ASSOCIATED)
    assert time.monotonic() - began < 5
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_a_store_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyringRefused, match="cannot be started"):
        CommandStore((str(tmp_path / "nowhere"),)).wrap(bytes(32), ASSOCIATED)


def test_a_store_sees_no_secret_but_on_its_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = tmp_path / "seen"
    write = f"import os; open({str(seen)!r}, 'w').write(repr((sys.argv[1:], dict(os.environ))))\n"
    monkeypatch.setenv("CREDENCE_MASTER_PASSPHRASE", "correct horse battery staple")
    monkeypatch.setenv("KMS_REGION", "nowhere-1")
    store = program(tmp_path, IN + write + "sys.stdout.buffer.write(b'sealed')")
    secret = bytes(range(32))
    CommandStore(store.argv, passed_on=("KMS_REGION",)).wrap(secret, ASSOCIATED)
    told = seen.read_text()
    assert "['--key', 'credence', 'wrap']" in told
    assert "nowhere-1" in told
    for hidden in ("battery", secret.hex(), b64u(secret)):
        assert hidden not in told


def test_a_keyring_moves_from_a_file_to_a_key_store_and_back(
    tmp_path: Path, path: Path, store: CommandStore, rng: SeededBytes, curve: Curve
) -> None:
    master = create_master_file(tmp_path / "master.key", rng)
    ring = Keyring.create(path, master, now=NOW, rng=rng, curve=curve, purposes=[Purpose.API_KEY, Purpose.LEDGER])
    before = ring.opened(Purpose.LEDGER)
    ring.reseal(ExternalMaster(store), rng)
    assert Keyring.open(path, ExternalMaster(store)).opened(Purpose.LEDGER) == before
    with pytest.raises(KeyringRefused):
        Keyring.open(path, master)
    ring.reseal(FileMaster(master.path), rng)
    assert Keyring.open(path, master).opened(Purpose.LEDGER) == before
