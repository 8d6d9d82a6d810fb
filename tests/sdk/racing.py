"""One of several processes over one vault: answers a request again and again, each time when it is told to.

``python -m tests.sdk.racing VAULT REQUEST NOW``. For each line of its input it has opened the vault anew, and writes the
presentation as JSON, or the name of what was raised.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from credence.circuits import curve as curves
from credence.sdk.errors import CredenceError
from credence.sdk.transport import Request, Response
from credence.sdk.wallet import Wallet
from tests.sdk.conftest import PASSPHRASE
from tests.sdk.small_service import VENUE


class Nowhere:
    def send(self, request: Request) -> Response:
        raise AssertionError(request.path)


def main(vault: Path, request: Path, now: int) -> None:
    curve, asked = curves.load(), json.loads(request.read_text())
    while True:
        wallet = Wallet.open(vault, PASSPHRASE, transport=Nowhere(), curve=curve, clock=lambda: now)
        print("ready", flush=True)
        if not sys.stdin.readline():
            return
        try:
            said = json.dumps(wallet.present(asked, audience=VENUE).to_json())
        except CredenceError as error:
            said = type(error).__name__
        print(said, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
