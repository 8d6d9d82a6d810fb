"""What may be done so many times in a while, and how that is written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

_RATE: Final = re.compile(r"([1-9][0-9]{0,6})/(second|minute|hour)")
_SECONDS: Final = MappingProxyType({"second": 1, "minute": 60, "hour": 3_600})


class Limit(StrEnum):
    """What may be done so many times in a while, and by whom that is counted."""

    SESSIONS = "sessions"
    """Opening sessions, and having their margin calls and charges explained, by venue."""
    PRESENTATIONS = "presentations"
    """Presentations to be verified, by the venue of the session."""
    ATTEMPTS = "attempts"
    """Presentations and renewals to be verified, by session."""
    POLICIES = "policies"
    """Registering policies, by venue."""
    CASES = "cases"
    """Opening and deciding cases, by client."""
    REVOCATIONS = "revocations"
    """Revoking credentials, by client."""
    EVENTS = "events"
    """Reports of events, by venue."""
    LOOKS = "looks"
    """Looking over a day of reports for abuse, by venue."""
    REPORTS = "reports"
    """Making reports on risk, by venue."""
    WEBHOOKS = "webhooks"
    """Adding, rotating and removing webhooks and sending deliveries again, by venue."""
    WARRANTS = "warrants"
    """Posting warrants, by authority."""
    SHARES = "shares"
    """Handing in trustees' shares, by warrant and trustee."""
    CLAIMS = "claims"
    """Claiming a credential with a live offer, by case."""
    RENEWALS = "renewals"
    """Standings signed, by pseudonym, which is kept in no other form than a digest under a key of this process."""
    OPENINGS = "openings"
    """Opening a session to renew a standing, by address."""
    TOKENS = "tokens"
    """Access tokens, by client."""
    READS = "reads"
    """Public reads, of the log and of documents among others, and what a trustee hands in, by address."""
    FAILURES = "failures"
    """Failed attempts to authenticate, by address."""


@dataclass(frozen=True)
class Rate:
    """``amount`` times in ``seconds``."""

    amount: int
    seconds: int


RATES: Final[Mapping[Limit, Rate]] = MappingProxyType(
    {
        Limit.SESSIONS: Rate(600, 60),
        Limit.PRESENTATIONS: Rate(1_200, 60),
        Limit.ATTEMPTS: Rate(30, 60),
        Limit.POLICIES: Rate(60, 60),
        Limit.CASES: Rate(300, 60),
        Limit.REVOCATIONS: Rate(300, 60),
        Limit.EVENTS: Rate(1_800, 60),
        Limit.LOOKS: Rate(12, 60),
        Limit.REPORTS: Rate(6, 3_600),
        Limit.WEBHOOKS: Rate(60, 60),
        Limit.WARRANTS: Rate(60, 60),
        Limit.SHARES: Rate(60, 60),
        Limit.CLAIMS: Rate(20, 60),
        Limit.RENEWALS: Rate(6, 3_600),
        Limit.OPENINGS: Rate(60, 60),
        Limit.TOKENS: Rate(60, 60),
        Limit.READS: Rate(600, 60),
        Limit.FAILURES: Rate(60, 60),
    }
)
"""Every limit, unless the settings say otherwise."""


def parse_rates(value: Mapping[str, Any]) -> Mapping[Limit, Rate | None]:
    """Limits by name; None is no limit."""
    names = {limit.value for limit in Limit}
    found: dict[Limit, Rate | None] = dict.fromkeys(Limit) if value.get("all") == "off" else {}
    for name, text in value.items():
        match = _RATE.fullmatch(text) if isinstance(text, str) else None
        if (match is None and text != "off") or (name not in names and (name, text) != ("all", "off")):
            raise ValueError(f"write name=amount/second, /minute, /hour or name=off, of {', '.join(Limit)}; or all=off")
        if name in names:
            found[Limit(name)] = Rate(int(match[1]), _SECONDS[match[2]]) if match else None
    return MappingProxyType(found)
