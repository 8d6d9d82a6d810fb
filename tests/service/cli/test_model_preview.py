"""Is a preview told in words, with a dash for what is withheld, and is it said when many would fall?"""

from __future__ import annotations

import pytest

from credence.service.app.previewing import Preview
from credence.service.cli.model_preview import show_preview
from credence.service.reputation.fitting.moves import Moves, Scored
from credence.service.verifier.terms.shadow import Tally


def shown(
    capsys: pytest.CaptureFixture[str], tiers: dict[tuple[str, str], int], down: int, *, is_sample: bool = False
) -> list[str]:
    moves = Moves()
    moves.tiers.update(tiers)
    moves.scores.update({Scored.DOWN: down, Scored.SAME: sum(tiers.values()) - down})
    show_preview(Preview(moves, None, Tally(), is_sample))
    return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]


def test_moves_are_told_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown(capsys, {("R3", "RX"): 30, ("R3", "R3"): 170, ("R2", "R3"): 25}, 40)
    assert lines[0] == "if it counted today, of 225 pseudonyms:"
    assert {"fall to RX 30", "fall, not to RX 0", "keep their tier 170", "rise 25", "score falls 40"} <= set(lines)
    assert lines[-3:] == [
        "R3 to RX: 30",
        "R2 to R3: 25",
        "more than 5% of who has a score would fall to RX: --promote asks for --despite-falls",
    ]
    assert not any("margin" in line for line in lines), "there is no tariff to say it by"


def test_what_is_withheld_is_a_dash_and_most_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown(capsys, {("R3", "RX"): 195, ("R3", "R3"): 5}, 195, is_sample=True)
    assert lines[0] == "if it counted today, of the first 200 pseudonyms:"
    assert {"fall to RX -", "keep their tier -", "score falls -", "score stays -"} <= set(lines)
    assert lines[-1] == "more than half of who has a score would fall to RX: --promote asks for --despite-falls"
    calm = shown(capsys, {("R3", "RX"): 5, ("R3", "R3"): 195}, 5)
    assert not any("--despite-falls" in line for line in calm)


def test_of_few_nothing_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, {("R3", "RX"): 19}, 19) == [
        "if it counted today: fewer than 20 pseudonyms, of which nothing is shown"
    ]
