"""What commands about one pseudonym share: how it is named, and the desk that knows what was reported of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from credence.service.cli.exits import BadUsage
from credence.service.cli.opening import opened

if TYPE_CHECKING:
    from credence.service.reputation.desk import Desk

Pseudonym = Annotated[str, typer.Argument(metavar="PSEUDONYM", help="As the venue's decisions name it, base64url.")]
Venue = Annotated[str, typer.Option("--client", metavar="CLIENT", help="The venue whose pseudonym it is.")]


def bytes_of(pseudonym: str) -> bytes:
    """A pseudonym as it was written. Raises :class:`BadUsage`."""
    from credence.circuits.encoding import b64u_decode
    from credence.circuits.errors import CircuitError

    try:
        return b64u_decode(pseudonym, max_length=128)
    except CircuitError as error:
        raise BadUsage("a pseudonym is written in base64url") from error


@contextmanager
def open_reputation(data_dir: Path | None) -> Iterator[Desk]:
    """The installation's desk, which also knows what its verifier accepted."""
    from credence.service.app.standings import acceptances_of
    from credence.service.reputation.desk import open_desk

    with opened(data_dir) as services:
        yield open_desk(replace(services, accepted=acceptances_of(services)))
