"""Is the label an outcome only, does a split part no component, and is the target met on groups not used for tuning?"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from credence.service.reputation.evaluation.links import evaluate_links, read_labelled_wallets
from credence.service.reputation.evaluation.tables import TableRefused
from credence.service.reputation.links.graph import components, graph_of
from tests.service.reputation.links.wallets import wallet_folder, write


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return wallet_folder(tmp_path_factory.mktemp("wallets"))


def test_operators_are_found_and_families_are_not(folder: Path) -> None:
    report = evaluate_links(folder, seed=1)
    told = report.to_json()
    assert (told["precision"], told["recall"], told["f1"]) == (1, 1, 1)
    assert told["n"] + told["train"]["n"] == len(read_labelled_wallets(folder).labelled)
    assert told["effect"] == "limits aggregate"
    assert evaluate_links(folder, seed=1).to_json() == told != evaluate_links(folder, seed=2).to_json()


def test_no_component_is_on_two_sides(folder: Path) -> None:
    data = read_labelled_wallets(folder)
    for cap in (20, 50):
        for part in components(graph_of(data.transfers, cap)):
            assert len({data.unit[wallet] for wallet in part}) == 1


def test_what_is_flagged_does_not_hang_on_labels(folder: Path, tmp_path: Path) -> None:
    """With every label turned round the same wallets are flagged, and all of them wrongly."""
    for name in ("transfers", "groups", "connectors"):
        (tmp_path / f"{name}.csv").write_bytes((folder / f"{name}.csv").read_bytes())
    head, *rows = csv.reader((folder / "labels.csv").read_text(encoding="utf-8").splitlines())
    write(tmp_path / "labels.csv", tuple(head), [(wallet, 1 - int(label), *rest) for wallet, label, *rest in rows])
    turned, known = evaluate_links(tmp_path, seed=1), evaluate_links(folder, seed=1)
    assert (turned.test.flagged, turned.test.precision) == (known.test.flagged, 0)


def test_a_folder_lacks_connectors_but_nothing_else(folder: Path, tmp_path: Path) -> None:
    for name in ("transfers", "groups"):
        (tmp_path / f"{name}.csv").write_bytes((folder / f"{name}.csv").read_bytes())
    with pytest.raises(TableRefused, match="cannot be read"):
        evaluate_links(tmp_path, seed=1)
    (tmp_path / "labels.csv").write_bytes((folder / "labels.csv").read_bytes())
    assert evaluate_links(tmp_path, seed=1).test.recall == 1


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_target_is_met_on_groups_not_used_for_tuning(seed: int, shared: Path) -> None:
    report = evaluate_links(shared / "data" / "hop_sybil", seed=seed)
    assert report.test.precision is not None
    assert report.test.recall is not None
    assert report.test.precision >= 0.92
    assert report.test.recall >= 0.50
    assert report.pairs.auc is not None
    assert report.pairs.auc > 0.9
