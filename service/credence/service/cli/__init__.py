"""The command ``credence``: nouns, then verbs.

Start at :mod:`.program`; every noun has a file of its own. Rooms are imported by the commands that need them, so that help
comes at once and ``credence conformance`` knows nothing of databases. What a command found goes to standard output, all else
to standard error; :mod:`.exits` says what the exit codes mean.
"""

from __future__ import annotations

from credence.service.cli.program import commands, main, program

__all__ = ["commands", "main", "program"]
