"""The service's configuration: environment variables with the prefix ``CREDENCE_``, validated once, then frozen.

Mappings are written ``name=value,name=value``. No message of a refusal holds the refused value, since it may be a secret.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from credence.circuits.encoding import b64u_decode
from credence.circuits.errors import CircuitError
from credence.service.errors import Misconfigured

PREFIX: Final = "CREDENCE_"

DATABASE_FILE: Final = "credence.sqlite3"
"""The embedded database's name inside ``data_dir``."""

_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?")
_ORIGIN: Final = re.compile(r"[a-z0-9.-]+(?::[0-9]{1,5})?(?:/[a-z0-9._-]+)*")


def _pairs(value: object) -> object:
    """``a=1,b=2`` as a dictionary; other types pass. Raises :class:`ValueError` for anything else or a name given twice."""
    if not isinstance(value, str):
        return value
    pairs: dict[str, str] = {}
    for item in filter(None, (part.strip() for part in value.split(","))):
        name, separator, rest = item.partition("=")
        if not separator or not rest or name in pairs:
            raise ValueError("write name=value,name=value, each name once")
        pairs[name] = rest
    return pairs


def _named(value: Mapping[str, Any]) -> Mapping[str, Any]:
    if not all(_NAME.fullmatch(name) for name in value):
        raise ValueError("a name has lower-case letters, digits, dots, dashes and underscores")
    return MappingProxyType(dict(value))


def _public_key(value: object) -> object:
    """An Ed25519 public key from unpadded base64url."""
    if not isinstance(value, str):
        return value
    try:
        return b64u_decode(value, max_length=64)
    except CircuitError as error:
        raise ValueError("an Ed25519 public key is written in base64url") from error


def _database(value: SecretStr | None) -> SecretStr | None:
    if value is None:
        return None
    try:
        url = make_url(value.get_secret_value())
    except ArgumentError as error:
        raise ValueError("not a database URL") from error
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise ValueError("the database is SQLite or PostgreSQL")
    if url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:"):
        raise ValueError("an SQLite database is a file: memory is not shared and not durable")
    return value


def _origin(value: str) -> str:
    if not _ORIGIN.fullmatch(value):
        raise ValueError("an origin is a host and path without scheme, such as log.example/credence")
    return value


def _name(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise ValueError("a lower-case host-like name, such as issuer.example")
    return value


def _base_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ValueError("an absolute http or https address without user, query and fragment")
    return value.rstrip("/")


DatabaseUrl = Annotated[SecretStr | None, AfterValidator(_database)]
PublicKey = Annotated[bytes, BeforeValidator(_public_key), Field(min_length=32, max_length=32)]


class Settings(BaseSettings):
    """Everything that may differ between two installations. Build with :meth:`load`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="forbid", hide_input_in_errors=True, validate_default=True
    )

    data_dir: Path = Path("credence-data")
    """Where the database, keyring and master key lie, unless named elsewhere."""

    database_url: DatabaseUrl = None
    """SQLAlchemy URL of the database of every party that has none of its own; by default a file in ``data_dir``."""
    issuer_database_url: DatabaseUrl = None
    verifier_database_url: DatabaseUrl = None
    ledger_database_url: DatabaseUrl = None
    auth_database_url: DatabaseUrl = None

    sqlite_checkpoints: bool = True
    """Off in every process but one of those that share an SQLite file."""

    keyring_file: Path | None = None
    witness_file: Path | None = None
    """Where the log's newest checkpoint is remembered, outside the database; by default beside the keyring."""
    master_key_file: Path | None = None
    master_passphrase: SecretStr | None = None
    """Opens the keyring instead of the master key file."""

    issuer_id: Annotated[str, AfterValidator(_name)] = "issuer.localhost"
    verifier_id: Annotated[str, AfterValidator(_name)] = "verifier.localhost"
    ledger_origin: Annotated[str, AfterValidator(_origin)] = "log.localhost/credence"
    base_url: Annotated[str, AfterValidator(_base_url)] = "http://127.0.0.1:8440"

    max_body_bytes: int = Field(default=65_536, ge=1_024, le=16_777_216)
    session_seconds: int = Field(default=300, ge=30, le=3_600)
    """How long a verification session and its nonce live."""
    terms_seconds: int = Field(default=86_400, ge=60, le=2_592_000)
    """How long terms hold before a venue asks again."""
    ledger_interval_ms: int = Field(default=250, ge=10, le=60_000)
    """How often the log takes what waits in the outboxes."""
    ledger_max_lag_seconds: int = Field(default=60, ge=1, le=3_600)
    """A log that took nothing up for longer makes the service not ready."""

    tariff_dir: Path | None = None
    """Tariff files; by default the ones that are shipped."""
    policy_dir: Path | None = None
    """Policy files that are registered at start; by default none."""
    trusted_issuers: Annotated[Mapping[str, Path], NoDecode, BeforeValidator(_pairs), AfterValidator(_named)] = Field(
        default_factory=dict
    )
    """Issuers whose credentials the verifier believes: issuer id to the file of its published document."""
    screening_lists: Annotated[Mapping[str, Path], NoDecode, BeforeValidator(_pairs), AfterValidator(_named)] = Field(
        default_factory=dict
    )
    """Sanctions lists: name to file."""
    diligence_file: Path | None = None
    """The table of due diligence; by default the one that is shipped."""
    vendor_keys: Annotated[Mapping[str, PublicKey], NoDecode, BeforeValidator(_pairs), AfterValidator(_named)] = Field(
        default_factory=dict
    )
    """Identity vendors whose signed results are believed: name to Ed25519 public key, 32 bytes in base64url."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @classmethod
    def load(cls, **overrides: Any) -> Self:
        """Settings from the environment, ``overrides`` first. Raises :class:`Misconfigured`, naming each wrong setting."""
        try:
            return cls(**overrides)
        except ValidationError as error:
            reasons = sorted(f"{_setting(found['loc'])}: {found['msg']}" for found in error.errors(include_input=False))
            raise Misconfigured("; ".join(reasons)) from None

    @model_validator(mode="after")
    def _one_master(self) -> Self:
        if self.master_key_file is not None and self.master_passphrase is not None:
            raise ValueError("master_key_file and master_passphrase exclude each other")
        return self

    @property
    def keyring_path(self) -> Path:
        """The sealed keyring."""
        return self.keyring_file or self.data_dir / "keyring.json"

    @property
    def witness_path(self) -> Path:
        """The newest checkpoint that the log ever signed."""
        return self.witness_file or self.keyring_path.with_name("witness.note")

    @property
    def master_key_path(self) -> Path:
        """The key file that opens the keyring where there is no passphrase."""
        return self.master_key_file or self.data_dir / "master.key"

    def database_of(self, party: str) -> str:
        """The database URL of a party (or of ``auth``, ``ledger``). It may hold a password: never log it."""
        own: SecretStr | None = getattr(self, f"{party}_database_url", None)
        url = own or self.database_url
        return url.get_secret_value() if url else f"sqlite:///{(self.data_dir / DATABASE_FILE).absolute()}"


def _setting(location: tuple[int | str, ...]) -> str:
    """The environment variable of an error; names of entries inside it are input and left out."""
    name = str(location[0]) if location else ""
    return PREFIX + name.upper() if name in Settings.model_fields else "settings"
