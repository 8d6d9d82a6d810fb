"""A candidate model's preview in words: who would stand elsewhere if it counted, and what that costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from credence.service.cli.output import print_facts, print_line

if TYPE_CHECKING:
    from credence.service.app.previewing import Preview

_TIERS: Final = {
    "to_rx": "fall to RX",
    "lower": "fall, not to RX",
    "same": "keep their tier",
    "higher": "rise",
}
_SCORES: Final = {
    "down": "score falls",
    "same": "score stays",
    "up": "score rises",
    "to_insufficient": "lose their score",
    "from_insufficient": "gain a score",
    "insufficient": "have no score",
}
_COSTS: Final = {
    "fees_change_usd": "fees of 30 days, USD",
    "initial_margin_change_usd": "initial margin, USD",
    "maintenance_margin_change_usd": "maintenance margin, USD",
}


def show_preview(found: Preview) -> None:
    """Prints it. A dash is fewer than 20 pseudonyms, or what would tell of them."""
    said = found.to_json()
    if said["accounts"] < said["k"]:
        print_line(f"if it counted today: fewer than {said['k']} pseudonyms, of which nothing is shown")
        return
    of = "the first " if said["is_sample"] else ""
    print_line(f"if it counted today, of {of}{said['accounts']} pseudonyms:")
    facts = {words: _number(said["tiers"][name]) for name, words in _TIERS.items()}
    facts |= {words: _number(said["scores"][name]) for name, words in _SCORES.items()}
    if said["cost"] is not None:
        facts |= {words: said["cost"][name] or "-" for name, words in _COSTS.items()}
    print_facts(facts)
    for move in said["moves"]:
        if move["from"] != move["to"]:
            print_line(f"{move['from']} to {move['to']}: {move['accounts']}")
    if said["many_fall"]:
        share = "half" if said["most_fall"] else f"{said['most_falling']:.0%}"
        print_line(f"more than {share} of who has a score would fall to RX: --promote asks for --despite-falls")


def _number(count: int | None) -> str:
    return "-" if count is None else str(count)
