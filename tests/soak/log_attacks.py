"""Is every way to falsify the log found, on both databases, by the means that users have, and for the right reason?

Each attack is carried out on a copy of an installation with a real history. Whoever is to find it looks before, and finds
nothing wrong: that is its honest twin. Then it is carried out, and the same look must end with the error that names the
cause.
"""

from __future__ import annotations

from collections import Counter
from io import StringIO
from typing import Final

from credence.service.demo.server import captured_logs
from credence.service.ledger import LedgerDamaged, Unreconciled
from tests.soak import log_outside, log_rows
from tests.soak.figure import Options, Result, Value
from tests.soak.installations import KINDS, SQLITE, servers
from tests.soak.log_rows import Attack
from tests.soak.scene import Detected, Stage

TARGET: Final = "50 log attacks (tamper, fork, rollback, shadow issuance), all detected, on both databases"
LIMIT: Final = 150

ATTACKS: Final = (*log_rows.ATTACKS, *log_outside.ATTACKS)
WANTED: Final = 50

NOTHING: Final = log_rows.found("nothing", "tampered")
"""The control: this one must not be found."""


def run(options: Options) -> Result:
    """All of them."""
    attacks, kinds = options.sized(ATTACKS, ATTACKS[::6]), options.sized(KINDS, SQLITE)
    figures: dict[str, Value | dict[str, Value]] = {"attacks": len(attacks)}
    missed: list[str] = []
    with servers(kinds) as server, captured_logs(StringIO()):
        for kind in kinds:
            detected: Counter[str] = Counter()
            stage = Stage(kind, options.room / kind, server)
            if carried_out(stage, NOTHING) != "ended with nothing instead of Detected: tampered":
                missed.append(f"{kind}: an attack that does nothing was detected")
            for attack in attacks:
                fault = carried_out(stage, attack)
                if fault is None:
                    detected[attack.finder] += 1
                else:
                    missed.append(f"{kind}: {attack.name}: {fault}")
            figures[kind] = {"detected": sum(detected.values()), **dict(detected)}
    return {"ok": not missed and len(ATTACKS) == WANTED, "figures": figures, "note": "; ".join(missed)}


def carried_out(stage: Stage, attack: Attack) -> str | None:
    """None where the attack was found for its cause, and its twin was not; else what happened."""
    scene = stage.copy()
    scene.other = stage.copy()
    twin = _ended(attack, scene)
    if twin != "nothing":
        return f"the honest twin ended with {twin}"
    attack.do(scene)
    ended = _ended(attack, scene)
    kind, _, what = attack.cause.partition(": ")
    found, _, said = ended.partition(": ")
    agrees = found == kind and (not what or what in said.split(", "))
    return None if agrees else f"ended with {ended} instead of {attack.cause}"


def _ended(attack: Attack, scene: object) -> str:
    """How looking ended, by the type of the error and what it names."""
    try:
        attack.look(scene)  # type: ignore[arg-type]
    except Detected as error:
        return f"Detected: {error}"
    except LedgerDamaged as error:
        return f"LedgerDamaged: {', '.join(sorted({finding.fault for finding in error.findings}))}"
    except Unreconciled as error:
        return f"Unreconciled: {error.finding.fault}"
    except Exception as error:  # noqa: BLE001 - an error of another kind is what the figure would report
        return type(error).__name__
    return "nothing"
