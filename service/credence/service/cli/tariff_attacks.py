"""The gate before a tariff is announced: no attack gains on it what it may not.

An announcement cannot be taken back, so what a tariff pays for is found before it. The commands and the
application know both the tariff and the attacks, since the parties that own them may not know each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from credence.service.cli.exits import Failed
from credence.service.cli.output import note
from credence.service.logs import logger

if TYPE_CHECKING:
    from credence.service.reputation.attacks.running import AttackReport
    from credence.service.verifier.tariff import Tariff


def refuse_paying(tariff: Tariff, *, despite: bool) -> AttackReport:
    """Raises :class:`Failed` for a tariff on which an attack gains more than it may; with ``despite`` it is logged."""
    from credence.service.app.attack_venue import attacks_on

    report = attacks_on(tariff)
    paying = [found for found in report.findings if not found.holds]
    if not paying:
        return report
    for found in paying:
        bound = 0.0 if found.bound is None else found.bound
        note(f"{found.name}: gains {found.gain:,.2f} USD in 30 days where {bound:,.2f} may be: {found.best}")
    names = ", ".join(found.name for found in paying)
    if not despite:
        raise Failed(f"an attack gains more than it may: {names} (--despite-attacks announces it all the same)")
    logger().warning("tariff.announced-despite-attacks", party="verifier", version=tariff.version, reason=names)
    return report
