"""Is a wrong setting refused when it is loaded, by name, without repeating it?"""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from credence.circuits.encoding import b64u
from credence.service.errors import Misconfigured
from credence.service.settings import Settings

CANARY = "canary7f3a"


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"CREDENCE_{name.upper()}", raising=False)


def test_defaults_need_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings.load()
    assert settings.database_of("issuer") == f"sqlite:///{tmp_path / 'credence-data' / 'credence.sqlite3'}"
    assert settings.keyring_path == Path("credence-data/keyring.json")
    assert settings.master_key_path == Path("credence-data/master.key")
    assert not settings.screening_lists
    assert not settings.vendor_keys


def test_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    key = bytes(range(32))
    monkeypatch.setenv("CREDENCE_DATA_DIR", "elsewhere")
    monkeypatch.setenv("CREDENCE_VENDOR_KEYS", f"vendor.example={b64u(key)}")
    monkeypatch.setenv("CREDENCE_SCREENING_LISTS", "ofac=lists/sdn.csv, eu=lists/eu.csv")
    monkeypatch.setenv("CREDENCE_SESSION_SECONDS", "120")
    settings = Settings.load()
    assert settings.data_dir == Path("elsewhere")
    assert settings.vendor_keys == {"vendor.example": key}
    assert settings.screening_lists == {"ofac": Path("lists/sdn.csv"), "eu": Path("lists/eu.csv")}
    assert settings.session_seconds == 120


def test_arguments_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDENCE_SESSION_SECONDS", "120")
    assert Settings.load(session_seconds=60).session_seconds == 60


def test_each_party_may_have_its_own_database() -> None:
    settings = Settings.load(database_url="postgresql://u:p@db/all", issuer_database_url="postgresql://u:p@db/issuer")
    assert settings.database_of("issuer") == "postgresql://u:p@db/issuer"
    assert {settings.database_of(name) for name in ("verifier", "ledger", "auth")} == {"postgresql://u:p@db/all"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("database_url", f"mysql://u:{CANARY}@db/x"),
        ("database_url", f"{CANARY}"),
        ("database_url", "sqlite:///:memory:"),
        ("database_url", "sqlite://"),
        ("issuer_database_url", f"oracle://{CANARY}"),
        ("issuer_id", f"{CANARY} Upper"),
        ("issuer_id", ""),
        ("ledger_origin", f"https://{CANARY}"),
        ("ledger_origin", f"log+{CANARY}"),
        ("base_url", f"ftp://{CANARY}"),
        ("base_url", f"https://user:{CANARY}@host"),
        ("base_url", f"https://host/?{CANARY}"),
        ("max_body_bytes", "0"),
        ("max_body_bytes", f"{CANARY}"),
        ("session_seconds", "29"),
        ("session_seconds", "3601"),
        ("ledger_interval_ms", "9"),
        ("ledger_max_lag_seconds", "0"),
        ("screening_lists", CANARY),
        ("screening_lists", f"{CANARY}="),
        ("screening_lists", f"a={CANARY},a=b"),
        ("screening_lists", f"{CANARY} X=a"),
        ("vendor_keys", f"v={CANARY}"),
        ("vendor_keys", f"{CANARY}={b64u(bytes(31))}"),
        ("vendor_keys", f"v={b64u(bytes(32))}="),
        ("log_level", CANARY),
    ],
)
def test_a_wrong_setting_is_named_and_not_repeated(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"CREDENCE_{name.upper()}", value)
    with pytest.raises(Misconfigured) as caught:
        Settings.load()
    assert f"CREDENCE_{name.upper()}" in str(caught.value)
    assert CANARY not in str(caught.value)


def test_every_wrong_setting_is_named() -> None:
    with pytest.raises(Misconfigured) as caught:
        Settings.load(session_seconds=1, issuer_id="No", bogus=CANARY)
    assert {"CREDENCE_SESSION_SECONDS", "CREDENCE_ISSUER_ID", "settings"} <= {
        part.split(":")[0] for part in str(caught.value).split("; ")
    }
    assert CANARY not in str(caught.value)


def test_two_ways_to_open_the_keyring_are_one_too_many() -> None:
    with pytest.raises(Misconfigured, match="exclude each other"):
        Settings.load(master_key_file="k", master_passphrase=CANARY)


def test_settings_are_frozen() -> None:
    settings = Settings.load(screening_lists={"a": "b"})
    with pytest.raises(ValidationError):
        settings.session_seconds = 60
    with pytest.raises(TypeError):
        settings.screening_lists["c"] = Path("d")  # type: ignore[index]


def test_secrets_do_not_show() -> None:
    shown = Settings.load(database_url=f"postgresql://u:{CANARY}@db/x", master_passphrase=CANARY)
    assert CANARY not in repr(shown)
    assert CANARY not in str(shown)


# --- secrets in files ---


def test_a_secret_may_stand_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "credence_database_url").write_text("postgresql://credence:planted@db/credence\n")
    (tmp_path / "credence_master_passphrase").write_text("planted: correct horse battery\n")
    (tmp_path / "something_else").write_text("of another service")
    assert Settings.load().master_passphrase is None
    monkeypatch.setenv("CREDENCE_SECRETS_DIR", str(tmp_path))
    found = Settings.load()
    assert found.database_of("issuer") == "postgresql://credence:planted@db/credence"
    assert found.master_passphrase is not None
    assert found.master_passphrase.get_secret_value() == "planted: correct horse battery"
    assert "planted" not in repr(found)


def test_the_environment_comes_before_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "credence_session_seconds").write_text("60")
    monkeypatch.setenv("CREDENCE_SECRETS_DIR", str(tmp_path))
    assert Settings.load().session_seconds == 60
    monkeypatch.setenv("CREDENCE_SESSION_SECONDS", "90")
    assert Settings.load().session_seconds == 90
    assert Settings.load(session_seconds=120).session_seconds == 120


def test_a_secret_that_cannot_be_used_is_not_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDENCE_SECRETS_DIR", str(tmp_path))
    (tmp_path / "credence_database_url").write_text("planted")
    with pytest.raises(Misconfigured, match="CREDENCE_DATABASE_URL") as refused:
        Settings.load()
    assert "planted" not in str(refused.value)
    monkeypatch.setenv("CREDENCE_SECRETS_DIR", str(tmp_path / "nowhere"))
    with pytest.raises(Misconfigured, match="CREDENCE_SECRETS_DIR names no folder"):
        Settings.load()
