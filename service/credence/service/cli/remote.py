"""A running service, asked over HTTP. API keys come from a file or the environment, never from the command line."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from credence.service.cli.documents import read_text
from credence.service.cli.exits import BadUsage

if TYPE_CHECKING:
    from credence.sdk import HttpTransport

API_KEY: Final = "CREDENCE_API_KEY"
"""The environment variable that holds an API key."""


@contextmanager
def service_at(url: str | None) -> Iterator[HttpTransport]:
    """The way to the service at ``url``. Raises :class:`BadUsage` for none, and as ``HttpTransport``."""
    from credence.sdk import HttpTransport

    if url is None:
        raise BadUsage("--url is needed: this is asked of a running service")
    with HttpTransport(url) as transport:
        yield transport


def api_key(file: Path | None) -> str:
    """The API key of ``file`` or of the environment. Raises :class:`BadUsage` where there is none."""
    key = os.environ.get(API_KEY, "") if file is None else read_text(file, "the file of the API key")
    if not key.strip():
        raise BadUsage(f"an API key is needed: set {API_KEY}, or name its file by --api-key-file")
    return key.strip()
