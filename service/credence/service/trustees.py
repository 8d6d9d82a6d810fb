"""Sets of trustees, as the operator's folder of transcripts tells of them: each ceremony is checked whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng
from credence.circuits.errors import CircuitError
from credence.circuits.escrow.generation import Transcript, TrusteeSet, conclude
from credence.service.errors import Misconfigured


def load_trustees(folder: Path | None, curve: Curve, rng: Rng) -> Mapping[str, TrusteeSet]:
    """The sets by id; none without a folder. Raises :class:`Misconfigured` for a transcript that is none, or in which
    somebody lied.
    """
    found = [_read(path, curve, rng) for path in sorted(folder.glob("*.json"))] if folder is not None else []
    return MappingProxyType({each.id: each for each in found})


def _read(path: Path, curve: Curve, rng: Rng) -> TrusteeSet:
    try:
        return conclude(curve, Transcript.parse(json.loads(path.read_bytes())), rng)
    except (OSError, ValueError, RecursionError) as error:
        raise Misconfigured("a transcript of trustees cannot be read") from error
    except CircuitError as error:
        raise Misconfigured(f"a transcript of trustees is refused: {error.reason}") from error
