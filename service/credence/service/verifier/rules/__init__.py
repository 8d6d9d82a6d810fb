"""The verifier's rules as it publishes them: editions in the log, and the proof that a policy is in one."""

from credence.service.verifier.rules.publishing import (
    publish,
    publish_all,
    register,
    register_of_venue,
    room_for_policies,
    room_for_tariff,
)
from credence.service.verifier.rules.showing import Rulebook

__all__ = [
    "Rulebook",
    "publish",
    "publish_all",
    "register",
    "register_of_venue",
    "room_for_policies",
    "room_for_tariff",
]
