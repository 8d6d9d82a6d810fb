"""Do the commands say what is due, and copy the keys of persons apart from everything else?"""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from tests.service.cli.conftest import Run

pytestmark = pytest.mark.slow


def test_what_is_due_is_said_and_nothing_is_erased(run: Run, data: Path) -> None:
    due = run("issuer", "purge", "--dry-run", "--json")
    assert due.code == 0, due.err
    assert json.loads(due.out) == {"due": {"cases": 0, "vendor_results": 0, "sessions": 0, "pseudonyms": 0}}
    done = run("issuer", "purge", "--json")
    assert set(json.loads(done.out)["erased"].values()) == {0}


def test_a_backup_has_no_key_and_the_copy_of_keys_has_nothing_else(run: Run, data: Path, tmp_path: Path) -> None:
    kept, copy = tmp_path / "kept", tmp_path / "keys"
    assert run("db", "backup", str(kept)).code == 0
    assert not [path for path in kept.iterdir() if b"CREATE TABLE subject_keys" in path.read_bytes()]
    made = run("db", "backup-keys", str(copy), "--json")
    assert json.loads(made.out)["keep_days"] == 7
    assert copy.stat().st_mode & 0o777 == 0o600
    assert run("db", "backup-keys", str(copy)).code == 1, "it never overwrites"
    assert run("db", "restore-keys", str(copy), "--yes").code == 0


def test_a_copy_that_is_old_or_not_whole_is_refused(run: Run, data: Path, tmp_path: Path) -> None:
    from credence.service.app.subjects import read_copy
    from credence.service.store.backup import BackupRefused

    copy = tmp_path / "keys"
    assert run("db", "backup-keys", str(copy)).code == 0
    now = int(time.time())
    assert read_copy(copy, now=now + 6 * 86_400, max_age_days=7) == []
    with pytest.raises(BackupRefused, match="older than 7 days"):
        read_copy(copy, now=now + 8 * 86_400, max_age_days=7)
    assert read_copy(copy, now=now + 8 * 86_400, max_age_days=None) == []
    copy.write_text(copy.read_text().replace('"made_at": ', '"made_at": 1'))
    refused = run("db", "restore-keys", str(copy), "--yes", "--old")
    assert refused.code == 1
    assert "not whole" in refused.err


def test_a_service_without_its_keys_does_not_open(run: Run, data: Path) -> None:
    assert run("issuer", "purge").code == 0
    (data / "subjects.keys").unlink()
    gone = run("issuer", "purge")
    assert gone.code == 3
    assert "restore it" in gone.err
    assert run("db", "upgrade").code == 0, "nothing was sealed yet, so that nothing is lost"
    assert run("issuer", "purge").code == 0
