"""The settings of a sandbox: its own, whatever the environment says."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from credence.service.app.sandboxed import PASSPHRASE
from credence.service.sandbox.names import ISSUER, LOG, VERIFIER
from credence.service.sandbox.persons import LISTED_NAMES
from credence.service.settings import Limit, Settings

LEDGER_INTERVAL_MS: Final = 25

_HERE: Final = frozenset({"127.0.0.1", "localhost"})
"""Where an integrator's own webhooks are received while they try them."""


class SandboxSettings(Settings):
    """Settings that nothing is read into from the environment, which may be that of an installation people rely on."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What the caller says, and no other source."""
        return (init_settings,)


def sandbox_settings(installation: Path, base_url: str, vendor_keys: dict[str, bytes]) -> SandboxSettings:
    """The settings of the sandbox in the data folder ``installation``, which is called at ``base_url``."""
    return SandboxSettings.load(
        data_dir=installation,
        base_url=base_url,
        master_passphrase=PASSPHRASE,
        issuer_id=ISSUER,
        verifier_id=VERIFIER,
        ledger_origin=LOG,
        vendor_keys=vendor_keys,
        screening_lists={"invented": LISTED_NAMES},
        ledger_interval_ms=LEDGER_INTERVAL_MS,
        limits=dict.fromkeys(Limit, "off"),  # a limit is reached when the caller says so
        webhook_allow_hosts=_HERE,
    )
