"""Options that several commands have, so that they are called and explained alike."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else to standard output.")]

DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", metavar="DIR", help="The installation's folder; default: CREDENCE_DATA_DIR, credence-data."),
]

Url = Annotated[
    str | None,
    typer.Option("--url", metavar="URL", help="Ask a running service instead of opening the installation's folder."),
]

ServiceUrl = Annotated[str | None, typer.Option("--url", metavar="URL", help="The service to talk to.")]

ApiKeyFile = Annotated[
    Path | None,
    typer.Option("--api-key-file", metavar="FILE", help="A file with the API key; default: CREDENCE_API_KEY."),
]

EvidenceType = Annotated[
    str,
    typer.Option("--type", metavar="TYPE", help="What kind of evidence it is, such as eu-pid, icao-emrtd or sumsub."),
]

LogKey = Annotated[
    str | None,
    typer.Option("--log-key", metavar="KEY", help="The log's verifier key, as credence init printed it; needed with --url."),
]

Engine = Annotated[
    str | None,
    typer.Option("--engine", metavar="NAME", help="The curve engine, native or reference; default: CREDENCE_CURVE, native."),
]
