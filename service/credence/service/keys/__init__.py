"""Keys: made here, sealed at rest, one purpose each.

Knows: every secret of this service. Holds: the keyring file, opened by a master key file or a passphrase. Nothing else in
the service makes or stores a long-lived secret.
"""

from __future__ import annotations

from credence.service.keys.keyring import Keyring, Version
from credence.service.keys.master import ArgonCost, FileMaster, Master, PassphraseMaster, create_master_file
from credence.service.keys.purposes import Purpose
from credence.service.keys.seal import KeyringRefused

__all__ = [
    "ArgonCost",
    "FileMaster",
    "Keyring",
    "KeyringRefused",
    "Master",
    "PassphraseMaster",
    "Purpose",
    "Version",
    "create_master_file",
]
