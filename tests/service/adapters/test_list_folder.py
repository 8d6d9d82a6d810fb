"""Are imported lists kept by version, and is a file refused that is not what was imported?"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from credence.service.adapters.configured import screening_lists
from credence.service.adapters.list_folder import ListFolder, imported_lists
from credence.service.screening.lists import ListEntry, ListRefused, ListVersion, SanctionsList
from credence.service.settings import Settings

FIRST = SanctionsList(ListVersion("own", "1", "ab" * 32), (ListEntry("1", "individual", ("A",)),), date(2026, 2, 27))
SECOND = replace(
    FIRST, version=ListVersion("own", "2", "cd" * 32), entries=(ListEntry("2", "entity", ("B",)),), published=None
)


def test_versions_are_kept_and_the_newest_is_searched(tmp_path: Path) -> None:
    folder = ListFolder(tmp_path)
    assert folder.versions() == ()
    first, is_new = folder.keep(FIRST, "json", 100)
    assert is_new
    assert (first.published, first.entries, first.imported_at, first.format) == ("2026-02-27", 1, 100, "json")
    second, _ = folder.keep(SECOND, "json", 200)
    assert [version.version for version in folder.versions("own")] == ["1", "2"]
    assert folder.versions("other") == ()
    assert folder.newest() == {"own": second}
    assert (folder.read(first), folder.read(second)) == (FIRST, SECOND)
    assert list(imported_lists(folder)) == [SECOND]
    assert screening_lists(Settings.load(data_dir=tmp_path)) == (SECOND,)


def test_the_same_list_twice_is_one_version(tmp_path: Path) -> None:
    folder = ListFolder(tmp_path)
    first, _ = folder.keep(FIRST, "json", 100)
    assert folder.keep(FIRST, "json", 200) == (first, False)
    folder.keep(SECOND, "json", 300)
    again, is_new = folder.keep(FIRST, "json", 400)
    assert (is_new, again.imported_at, len(folder.versions())) == (True, 400, 3), "what comes back is the newest again"


def test_what_is_read_otherwise_in_the_same_file_takes_its_place(tmp_path: Path) -> None:
    folder = ListFolder(tmp_path)
    for found, now in ((FIRST, 100), (SECOND, 200), (FIRST, 300)):
        folder.keep(found, "json", now)
    reread = replace(FIRST, entries=(ListEntry("1", "individual", ("A",), countries=("BA",)),))
    kept, is_new = folder.keep(reread, "json", 400)
    assert (is_new, kept.imported_at) == (True, 400)
    assert [version.version for version in folder.versions()] == ["2", "1"]
    assert [folder.read(version) for version in folder.versions()] == [SECOND, reread]
    assert folder.keep(reread, "json", 500) == (kept, False)


def test_a_file_that_was_touched_is_refused(tmp_path: Path) -> None:
    folder = ListFolder(tmp_path)
    kept, _ = folder.keep(FIRST, "json", 100)
    path = tmp_path / "screening-lists" / "own" / f"{kept.digest}.json"
    path.write_text(path.read_text().replace('"A"', '"C"'))
    with pytest.raises(ListRefused, match="not what was imported"):
        folder.read(kept)
    path.unlink()
    with pytest.raises(ListRefused, match="imported list own: "):
        screening_lists(Settings.load(data_dir=tmp_path))


@pytest.mark.parametrize("content", ["", "[]", '{"type": "credence/screening-lists/2", "versions": []}'])
def test_an_index_that_is_none_is_refused(tmp_path: Path, content: str) -> None:
    folder = ListFolder(tmp_path)
    folder.keep(FIRST, "json", 100)
    folder.index_file.write_text(content)
    with pytest.raises(ListRefused):
        folder.versions()
