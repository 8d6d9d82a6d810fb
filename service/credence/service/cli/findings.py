"""What ``credence doctor`` finds: a check is ok, a warning, or has failed, and says what it saw."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

from credence.service.cli.exits import judged

State = Literal["ok", "warning", "failed"]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. ``failed`` keeps the service from starting, ``warning`` does not."""

    name: str
    state: State
    detail: str

    def to_json(self) -> dict[str, Any]:
        """The reported form."""
        return {"name": self.name, "ok": self.state != "failed", "state": self.state, "detail": self.detail}


Look = Callable[[], tuple[State, str]]

OK: Final[State] = "ok"
WARNING: Final[State] = "warning"
FAILED: Final[State] = "failed"


def looked(looks: dict[str, Look]) -> Iterator[Check]:
    """Every check in turn. One that cannot be made has failed, for the reason that a command would give."""
    for name, look in looks.items():
        try:
            state, detail = look()
        except Exception as error:  # noqa: BLE001 - a check that ends in any error has failed
            state, detail = FAILED, judged(error)[1]
        yield Check(name, state, detail)
