"""What the report says of each figure: its title, what it shows, what it cannot tell, and what was missing for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Words:
    """``shows``: how the figure is read. ``limit``: what it cannot tell. ``missing``: what there has to be for it."""

    title: str
    shows: str
    limit: str
    missing: str


FIGURES: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "reliability-month": Words(
            "Liquidation within 30 days: said and seen",
            "For every account and past window of 30 days, the chance that the belief gave beforehand, and the share"
            " that were then liquidated or left a bad debt. On the diagonal, what was said came true; above it, risk"
            " was understated.",
            "Whether the next 30 days are like these. The chance supposes 30 days of open exposure in a calm market:"
            " who is exposed less is liquidated less often than it says, and in a stressed market everybody more"
            " often. Accounts are counted once a window; intervals are as wide as if once in all.",
            "20 accounts with evidence before, and exposure within, a window of 30 days.",
        ),
        "reliability-day": Words(
            "Margin event tomorrow: said and seen",
            "For every exposed account-day of the last 180, the chance of a near miss, a call, a liquidation or a bad"
            " debt, from the days before it alone, and the share of days that had one.",
            "How bad an event was: a near miss counts as much as a bad debt here. Events of one account come in"
            " bursts, so neighbouring days are no independent trials, and intervals count accounts and not days.",
            "20 accounts with an exposed day after their first one.",
        ),
        "tiers": Words(
            "What came of each tier",
            "The share of accounts that were liquidated, or left a bad debt, in the 30 days after they held a tier,"
            " over the last twelve windows; and the share with a margin event of any kind.",
            "What causes it: a better tier also has lower margin, and whoever holds it traded differently before. A"
            " flag that was lifted counts as never set, and a proof of uniqueness as always there. One account may"
            " stand in several tiers.",
            "Accounts that were here 30 days ago and exposed since.",
        ),
        "scores": Words(
            "Scores",
            "How many accounts have which score as the day begins. The height is accounts for every 25 points, so the"
            " area is accounts: neighbouring bars are joined until each has 20. Lines mark where tiers are entered.",
            "How sure each score is: it is a bound, and rises with evidence as with good conduct. 600 is a chance of"
            " at most 5 % only if the base rate is this venue's. Accounts without enough evidence have no score.",
            "20 accounts with enough evidence for a score.",
        ),
        "flow": Words(
            "Moves between tiers",
            "Where accounts stood 30 days ago, on the left, and where they stand as the day begins. Moves of fewer"
            " than 20 accounts are withheld.",
            "What happened in between: who fell and rose again stands where it stood. Who came in the 30 days is in"
            " no move.",
            "20 accounts that were here 30 days ago.",
        ),
        "segments": Words(
            "Kinds of accounts",
            "Accounts that traded in the last 30 days, by a mixture over six features. Each circle is one kind at its"
            " typical volume, and upright at its maker share, or at its leverage or trades where makers are no more in"
            " one kind than in another; its area is the number of accounts.",
            "Why an account is as it is, or what it will do: a kind is a description of who is here now, and nobody"
            " is priced, limited or judged by it. Names come from the centre alone. Net share is of option deltas"
            " where options were reported, else of what was bought and sold.",
            "40 accounts that traded in the last 30 days.",
        ),
        "stress": Words(
            "Stress",
            "Bad debt of every scenario, over all accounts together, and who would be liquidated, with the price"
            " impact of closing. A scenario that liquidates anybody, but fewer than 20, is withheld.",
            "A probability of any of it. Moves and depth are assumed, impact is linear, and nobody adds collateral,"
            " closes or buys meanwhile. Where no table of positions was given, conduct knows how large positions are"
            " and not on which side: then all are taken to be on the losing one and in one instrument, meant as an"
            " upper bound.",
            "Margin snapshots of 20 accounts in the last 7 days, or a table of positions (--positions).",
        ),
        "fairness": Words(
            "Right within every group",
            "Mean chance of a margin event tomorrow, and the share of days that had one, within bands of tenure and"
            " size. A group is unfair where a quarter of it is off by more than 2 points and more than chance.",
            "Fairness of what follows from the chances, or of groups that nobody told: a pseudonym has no"
            " jurisdiction, age or sex here. Groups of fewer than 20 accounts are withheld, of fewer than 200"
            " account-days not judged.",
            "20 accounts of one band with an exposed day after their first one.",
        ),
        "drift": Words(
            "Drift",
            "Account-days of the last 30 days against those of the 90 before: the population stability index of each"
            " feature. From 0.2 on, and if it is no chance, a refit in shadow is due.",
            "Why a feature moved, and whether the model is worse by it: only outcomes tell that.",
            "200 account-days of 20 accounts in the last 30 days, and as many in the 90 before.",
        ),
        "attacks": Words(
            "Attacks on the tables",
            "What a person gains in 30 days by each attack on the live tariff, standing and belief tables, against"
            " behaving honestly. No gain may be above 0 but those listed, which have a bound and a reason.",
            "That no other attack pays: a search over variants is no proof. Always simulated, with an assumed market"
            " and person; an identity that is bought, a price that is pushed and a venue that deceives are not in it.",
            "The live tariff, which the party that made this report does not have: see credence reputation evaluate"
            " attacks.",
        ),
        "links": Words(
            "Linked wallets",
            "Of the venue's own wallets, how many hang together by transfers in groups so large that their limits are"
            " aggregated.",
            "Whose they are: households, friends and customers of one small broker hang together too. Limits"
            " aggregate; nobody is refused.",
            "A table of transfers (--transfers), which conduct does not hold.",
        ),
    }
)
"""By figure, in the order of the page."""
