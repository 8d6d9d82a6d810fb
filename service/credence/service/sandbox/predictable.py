"""Bytes that anybody can predict. For a sandbox, where nothing is secret, and for nothing else."""

from __future__ import annotations

import hashlib
from threading import Lock
from typing import Final


class PredictableBytes:
    """NOT RANDOM: SHA-256 over ``purpose`` and a counter, the same on every start. Whoever reads this knows every key."""

    def __init__(self, purpose: str) -> None:
        self._seed: Final = hashlib.sha256(b"credence sandbox, predictable: " + purpose.encode()).digest()
        self._lock: Final = Lock()
        self._counter = 0
        self._left = b""

    def __call__(self, length: int) -> bytes:
        """The next ``length`` bytes."""
        with self._lock:
            while len(self._left) < length:
                self._left += hashlib.sha256(self._seed + self._counter.to_bytes(8, "big")).digest()
                self._counter += 1
            taken, self._left = self._left[:length], self._left[length:]
            return taken
