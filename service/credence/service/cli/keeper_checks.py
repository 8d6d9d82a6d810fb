"""Whether those that keep the issuer's keys in processes of their own can be reached, by us and by nobody else."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Final

from credence.service.cli.findings import FAILED, OK, WARNING, Look, State

if TYPE_CHECKING:
    from pathlib import Path

    from credence.service.keys import Purpose
    from credence.service.keys.keeper import Duty
    from credence.service.settings import Settings

_OTHERS: Final = stat.S_IRWXO


def keeper_checks(settings: Settings) -> dict[str, Look]:
    """One for each keeper that there can be."""
    from credence.service.keys.keeper import Duty

    sockets = {Duty.SIGNER: settings.signer_socket, Duty.TAGGER: settings.tagger_socket}
    return {duty.value: _look(settings, duty, path) for duty, path in sockets.items()}


def purposes_here(settings: Settings) -> list[Purpose]:
    """The purposes that the keyring has to have keys for: those of no keeper."""
    from credence.service.keys import Purpose
    from credence.service.keys.keeper import Duty

    away = set(Duty.SIGNER.purposes if settings.signer_socket else ())
    away |= set(Duty.TAGGER.purposes if settings.tagger_socket else ())
    return [purpose for purpose in Purpose if purpose not in away]


def _look(settings: Settings, duty: Duty, path: Path | None) -> Look:
    if path is None:
        return lambda: (OK, "in this process: the keyring has the key")
    return lambda: _keeper(settings, duty, path)


def _keeper(settings: Settings, duty: Duty, path: Path) -> tuple[State, str]:
    from credence.service.app.installation import open_keyring
    from credence.service.errors import ServiceError
    from credence.service.keys.knocking import Knocker

    if fault := _fault(path):
        return FAILED, fault
    try:
        said = Knocker(path).ask("hello", {})
    except ServiceError:
        return FAILED, f"nobody answers us at {path}: is this user among its uids?"
    held = [purpose.value for purpose in duty.purposes if open_keyring(settings).live(purpose)]
    if held:
        return WARNING, f"the keyring has a live key for {', '.join(sorted(held))} too, which is not used"
    if said.get("fresh_for") == 0:
        return OK, f"answers; counted {said.get('count')}; waits to be shown the ledger"
    return OK, f"answers; counted {said.get('count')}"


def _fault(path: Path) -> str | None:
    """What is wrong with the place of a socket."""
    if not path.is_socket():
        return f"no socket at {path}: credence keys signer, or tagger, is to listen there"
    folder, found = path.parent.stat(), path.stat()
    if folder.st_uid != found.st_uid:
        return f"{path} is not its folder's owner's"
    if folder.st_mode & (_OTHERS | stat.S_IWGRP) or found.st_mode & _OTHERS:
        return f"others may reach {path}: 0700 and 0600, or 0710 and 0660 for a group"
    if folder.st_uid == os.getuid() or os.getuid() == 0:
        return None
    return None if folder.st_gid in os.getgroups() else f"this user is not in the group of {path.parent}"
