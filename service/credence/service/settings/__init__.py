"""The service's configuration: environment variables with the prefix ``CREDENCE_``, validated once, then frozen.

Mappings are written ``name=value,name=value``. No message of a refusal holds the refused value, since it may be a secret.
"""

from __future__ import annotations

from credence.service.settings.limits import RATES, Limit, Rate
from credence.service.settings.whole import DATABASE_FILE, PREFIX, SECRETS, Mode, Settings

__all__ = ["DATABASE_FILE", "PREFIX", "RATES", "SECRETS", "Limit", "Mode", "Rate", "Settings"]
