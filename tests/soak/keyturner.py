"""A process that rotates and retires keys until it is killed, and says what it has done; born by a nursery of its own.

The nursery imports once, and forks a turner on each ``start``. A turner appends a line to its journal, durably, after each
change that has returned: what stands there was acknowledged.
"""

from __future__ import annotations

import os
import random
import secrets
import sys
import time
from pathlib import Path
from typing import Final

from credence.circuits import curve as curves
from credence.circuits.curve import Curve
from credence.service.app.installation import open_keyring
from credence.service.clock import system_clock
from credence.service.keys import Purpose
from credence.service.settings import Settings
from tests.soak.bearing import Bearing, bear
from tests.soak.installations import Installation
from tests.soak.serving import environment


class Turners(Bearing):
    """Bears turners of one installation's keys. ``journal`` is what they have done."""

    def __init__(self, installation: Installation, journal: Path, log: Path) -> None:
        self.journal: Final = journal
        super().__init__(__name__, (str(journal),), environment(installation), log)

    def done(self) -> list[tuple[str, str, str]]:
        """Every change that was acknowledged: ``rotated`` or ``retired``, the purpose, the key's id."""
        if not self.journal.exists():
            return []
        lines = (line.split() for line in self.journal.read_text().splitlines())
        return [(did, purpose, key_id) for did, purpose, key_id in lines]


def turn(journal: Path, curve: Curve, settings: Settings) -> None:
    """Rotates and retires keys that no client's work hangs on, without end."""
    rng = random.Random(secrets.token_bytes(16))
    turned = (Purpose.ISSUER_BBS, Purpose.RECEIPT, Purpose.TARIFF, Purpose.ACCESS_TOKEN)
    written = os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    while True:
        ring, purpose = open_keyring(settings), rng.choice(turned)
        live = ring.live(purpose)
        if len(live) > 1 and rng.random() < 0.5:
            key_id, did = live[1].key_id, "retired"
            ring.retire(purpose, key_id, now=system_clock())
        else:
            did = "rotated"
            key_id = ring.rotate(purpose, now=system_clock(), rng=secrets.token_bytes, curve=curve).key_id
        os.write(written, f"{did} {purpose.value} {key_id}\n".encode())
        os.fsync(written)
        time.sleep(rng.uniform(0, 0.08))  # a keyring keeps its retired keys, and a file has room for 4,000


def nurse(journal: str) -> None:
    """The nursery's own process: everything is imported and loaded before anybody is born."""
    curve, settings = curves.load(), Settings.load()
    open_keyring(settings)
    bear(lambda: turn(Path(journal), curve, settings))


if __name__ == "__main__":
    nurse(*sys.argv[1:])
