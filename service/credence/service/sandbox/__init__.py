"""The integrator's sandbox: the whole service over invented persons, with keys that everybody knows and a clock that waits.

``credence serve --sandbox`` serves it. Nothing in here is random, and nothing is secret: see :class:`PredictableBytes`. It
cannot be switched on over an installation; see :mod:`credence.service.sandbox.folder`.
"""

from __future__ import annotations

from credence.service.sandbox.folder import Folder, FolderRefused, claim
from credence.service.sandbox.layer import SandboxLayer
from credence.service.sandbox.state import Sandbox

__all__ = ["Folder", "FolderRefused", "Sandbox", "SandboxLayer", "claim"]
