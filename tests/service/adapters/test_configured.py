"""Do the settings lead to the adapters, and does what is wrong in them stop the start?"""

from __future__ import annotations

from pathlib import Path

import pytest

from credence.service.adapters.configured import evidence_adapters, screening_lists
from credence.service.errors import Misconfigured
from credence.service.sandbox.persons import LISTED_NAMES
from credence.service.screening.lists import ListRefused
from credence.service.settings import Settings
from tests.service.adapters.test_ofac_csv import PERSON, written
from tests.service.adapters.tokens import ISSUER, NOW, PUBLIC, VENDOR, token


def test_vendor_keys_become_the_adapter() -> None:
    adapters = evidence_adapters(Settings.load(issuer_id=ISSUER, vendor_keys={VENDOR: PUBLIC}))
    assert set(adapters) == {"vendor-jws"}
    assert adapters["vendor-jws"].verify(token(), NOW).reference.vendor == VENDOR


def test_lists_are_read_by_what_they_are(tmp_path: Path) -> None:
    sdn = written(tmp_path / "sdn.csv", PERSON)
    seen: list[tuple[str, int, int]] = []
    settings = Settings.load(screening_lists={"ofac": sdn, "demo": LISTED_NAMES})
    found = screening_lists(settings, lambda name, done, total: seen.append((name, done, total)))
    assert [(one.version.name, len(one.entries)) for one in found] == [("ofac", 1), ("demo", 3)]
    assert seen == [("ofac", 1, 1)]


def test_no_lists_are_no_lists() -> None:
    assert screening_lists(Settings.load()) == ()


@pytest.mark.parametrize("name", ["sdn.csv", "sdn.json", "sdn.xml"])
def test_a_list_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("nothing of the kind", encoding="utf-8")
    with pytest.raises(ListRefused, match="CREDENCE_SCREENING_LISTS, ofac: ") as caught:
        screening_lists(Settings.load(screening_lists={"ofac": tmp_path / name}))
    assert isinstance(caught.value, Misconfigured)
    assert "nothing of the kind" not in str(caught.value)
