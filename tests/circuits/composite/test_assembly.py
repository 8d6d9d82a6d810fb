"""Is a policy whose statement would be over the limits refused where it is loaded, and not where somebody answers it?"""

from __future__ import annotations

import pytest

from credence.circuits.composite.assembly import check_policy
from credence.circuits.credential import STANDING_1
from credence.circuits.policy import Policy, PolicyError, load_policy

TODAY = 20_778
ASKED = (("evidence_milli", 5), ("events_milli", 5), ("score", 400))


def policy(slots: str) -> Policy:
    """Three ranges of each of so many standings."""
    return load_policy(
        {
            "name": "p",
            "version": 1,
            "credentials": {slot: {"schema": STANDING_1.id, "issuers": ["issuer.example"]} for slot in slots},
            "all_of": [{"of": slot, "attribute": name, "at_least": least} for slot in slots for name, least in ASKED],
            "disclose": [],
            "tariff": "t",
        }
    )


@pytest.mark.parametrize(("slots", "limit"), [("abcdefg", "384 constraints"), ("abcdefgh", "512 variables")])
def test_a_policy_over_the_limits_is_refused_when_it_is_loaded(slots: str, limit: str) -> None:
    assert len(check_policy(policy("abcdef"), TODAY).slots) == 6
    with pytest.raises(PolicyError, match=limit):
        check_policy(policy(slots), TODAY)
