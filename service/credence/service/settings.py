"""The service's configuration: environment variables with the prefix ``CREDENCE_``, validated once, then frozen.

Mappings are written ``name=value,name=value``. No message of a refusal holds the refused value, since it may be a secret.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
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

SECRETS: Final = "CREDENCE_SECRETS_DIR"
"""The variable that names a folder of settings in files, such as a container's or systemd's secrets."""

DATABASE_FILE: Final = "credence.sqlite3"
"""The embedded database's name inside ``data_dir``."""

_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?")
_ORIGIN: Final = re.compile(r"[a-z0-9.-]+(?::[0-9]{1,5})?(?:/[a-z0-9._-]+)*")
_RATE: Final = re.compile(r"([1-9][0-9]{0,6})/(second|minute|hour)")
_SECONDS: Final = MappingProxyType({"second": 1, "minute": 60, "hour": 3_600})


class Mode(StrEnum):
    """Whether nobody can be named, or a regulated firm has to be able to name somebody (docs/due-diligence.md)."""

    OPEN = "open"
    OBLIGED = "obliged"


class Limit(StrEnum):
    """What may be done so many times in a while, and by whom that is counted."""

    SESSIONS = "sessions"
    """Opening sessions, by venue."""
    PRESENTATIONS = "presentations"
    """Presentations to be verified, by the venue of the session."""
    ATTEMPTS = "attempts"
    """Presentations to be verified, by session."""
    POLICIES = "policies"
    """Registering policies, by venue."""
    CASES = "cases"
    """Opening and deciding cases, by client."""
    REVOCATIONS = "revocations"
    """Revoking credentials, by client."""
    EVENTS = "events"
    """Reports of events, by venue."""
    WEBHOOKS = "webhooks"
    """Adding, rotating and removing webhooks and sending deliveries again, by venue."""
    CLAIMS = "claims"
    """Claiming a credential with a live offer, by case."""
    TOKENS = "tokens"
    """Access tokens, by client."""
    READS = "reads"
    """Public reads, of the log and of documents among others, by address."""
    FAILURES = "failures"
    """Failed attempts to authenticate, by address."""


@dataclass(frozen=True)
class Rate:
    """``amount`` times in ``seconds``."""

    amount: int
    seconds: int


RATES: Final[Mapping[Limit, Rate]] = MappingProxyType(
    {
        Limit.SESSIONS: Rate(600, 60),
        Limit.PRESENTATIONS: Rate(1_200, 60),
        Limit.ATTEMPTS: Rate(30, 60),
        Limit.POLICIES: Rate(60, 60),
        Limit.CASES: Rate(300, 60),
        Limit.REVOCATIONS: Rate(300, 60),
        Limit.EVENTS: Rate(1_800, 60),
        Limit.WEBHOOKS: Rate(60, 60),
        Limit.CLAIMS: Rate(20, 60),
        Limit.TOKENS: Rate(60, 60),
        Limit.READS: Rate(600, 60),
        Limit.FAILURES: Rate(60, 60),
    }
)
"""Every limit, unless the settings say otherwise."""


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


def _rates(value: Mapping[str, Any]) -> Mapping[Limit, Rate | None]:
    """Limits by name; None is no limit."""
    names = {limit.value for limit in Limit}
    found: dict[Limit, Rate | None] = dict.fromkeys(Limit) if value.get("all") == "off" else {}
    for name, text in value.items():
        match = _RATE.fullmatch(text) if isinstance(text, str) else None
        if (match is None and text != "off") or (name not in names and (name, text) != ("all", "off")):
            raise ValueError(f"write name=amount/second, /minute, /hour or name=off, of {', '.join(Limit)}; or all=off")
        if name in names:
            found[Limit(name)] = Rate(int(match[1]), _SECONDS[match[2]]) if match else None
    return MappingProxyType(found)


def _networks(value: object) -> object:
    """``10.0.0.0/8,::1`` as networks; other types pass."""
    if not isinstance(value, str):
        return value
    try:
        return frozenset(ip_network(part.strip()) for part in value.split(",") if part.strip())
    except ValueError as error:
        raise ValueError("write addresses and networks, such as 127.0.0.1,10.0.0.0/8") from error


def _hosts(value: object) -> object:
    """As :func:`_words`, in lower case."""
    return _words(value.lower() if isinstance(value, str) else value)


def _words(value: object) -> object:
    """``a,b`` as a set; other types pass."""
    if not isinstance(value, str):
        return value
    return frozenset(filter(None, (part.strip() for part in value.split(","))))


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


def _addresses(value: Mapping[str, Any]) -> Mapping[str, str]:
    return MappingProxyType({name: _base_url(url) for name, url in _named(value).items()})


DatabaseUrl = Annotated[SecretStr | None, AfterValidator(_database)]
PublicKey = Annotated[bytes, BeforeValidator(_public_key), Field(min_length=32, max_length=32)]
Rates = Annotated[Mapping[str, Any], NoDecode, BeforeValidator(_pairs), AfterValidator(_rates)]
Networks = Annotated[frozenset[IPv4Network | IPv6Network], NoDecode, BeforeValidator(_networks)]


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
    reputation_database_url: DatabaseUrl = None

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
    mode: Mode = Mode.OPEN
    """``open`` or ``obliged``: what evidence and policies have to carry, and must not."""

    max_body_bytes: int = Field(default=65_536, ge=1_024, le=16_777_216)
    session_seconds: int = Field(default=300, ge=30, le=3_600)
    """How long a verification session and its nonce live."""
    terms_seconds: int = Field(default=86_400, ge=60, le=2_592_000)
    """How long terms hold before a venue asks again."""
    tariff_notice_seconds: int = Field(default=604_800, ge=3_600, le=31_536_000)
    """How long before it counts a tariff version is announced that is more than cheaper."""
    ledger_interval_ms: int = Field(default=250, ge=10, le=60_000)
    """How often the log takes what waits in the outboxes."""
    ledger_max_lag_seconds: int = Field(default=60, ge=1, le=3_600)
    """A log that took nothing up for longer makes the service not ready."""

    webhook_allow_hosts: Annotated[frozenset[str], NoDecode, BeforeValidator(_hosts)] = frozenset()
    """Hosts whose webhooks may be plain http and lead to private addresses, as they stand in an address; by default none."""
    webhook_interval_ms: int = Field(default=500, ge=10, le=60_000)
    """How often a process looks for webhooks to send."""
    events_interval_ms: int = Field(default=1_000, ge=10, le=60_000)
    """How often a stream of events looks at its session."""
    events_streams: int = Field(default=128, ge=1, le=4_096)
    """Streams of events that a process keeps open."""
    events_streams_per_client: int = Field(default=16, ge=1, le=4_096)
    """Streams of events that a process keeps open for one client."""

    limits: Rates = Field(default_factory=dict)
    """Limits that differ from :data:`RATES`: name to ``amount/second``, ``/minute``, ``/hour``, ``off``; or ``all=off``."""
    processes: int = Field(default=1, ge=1, le=256)
    """Processes that share the clients; each enforces its share of every limit."""
    trusted_proxies: Networks = frozenset()
    """Peers whose ``X-Forwarded-For`` is believed, as addresses and networks; by default none."""
    concurrency: int = Field(default=4, ge=1, le=32)
    """Requests that a process works on at a time."""
    queue_length: int = Field(default=64, ge=0, le=4_096)
    """Requests that wait for that."""
    queue_ms: int = Field(default=2_000, ge=10, le=60_000)
    """How long one waits at most."""

    idempotency_seconds: int = Field(default=86_400, ge=60, le=604_800)
    """How long an answer is kept for a repeat under the same idempotency key."""
    session_retention_seconds: int = Field(default=604_800, ge=3_600, le=31_536_000)
    """How long a session that nobody answered stays after it has expired."""
    housekeeping_seconds: int = Field(default=300, ge=1, le=86_400)
    """How often a process deletes what has expired."""
    review_notice_days: int = Field(default=30, ge=1, le=180)
    """How long a holder has to show evidence again, from when that is known to be due."""

    tariff_dir: Path | None = None
    """Tariff files; by default the ones that are shipped."""
    policy_dir: Path | None = None
    """Policy files that are registered at start; by default none."""
    trusted_issuers: Annotated[Mapping[str, Path], NoDecode, BeforeValidator(_pairs), AfterValidator(_named)] = Field(
        default_factory=dict
    )
    """Issuers whose credentials the verifier believes: issuer id to the file of its published document."""
    issuer_urls: Annotated[Mapping[str, str], NoDecode, BeforeValidator(_pairs), AfterValidator(_addresses)] = Field(
        default_factory=dict
    )
    """Where a verifier hears of revocations: issuer id to the address of its service; the one in the process needs none."""
    accumulator_poll_seconds: int = Field(default=2, ge=1, le=30)
    """How often it asks."""
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
    vendor_accounts: Path | None = None
    """Accounts at Sumsub, Onfido, Persona and Veriff, as JSON with secrets in it; by default none."""
    emrtd_signers: Path | None = None
    """A folder of the CSCA certificates whose passports are believed; by default no passports."""
    pid_trust_list: Path | None = None
    """The signed list of PID providers (ETSI TS 119 602, compact JAdES); by default no PIDs. Needs ``pid_trust_signers``."""
    pid_trust_signers: Path | None = None
    """The certificates of who may have signed that list, as PEM."""
    pid_status_hosts: Annotated[frozenset[str], NoDecode, BeforeValidator(_hosts)] = frozenset()
    """Hosts that status lists are fetched from, as they stand in an address."""
    pid_types: Annotated[frozenset[str], NoDecode, BeforeValidator(_words)] = frozenset()
    """The ``vct`` of PIDs that are accepted; by default ``urn:eudi:pid:1``."""
    pid_number: Literal["personal_administrative_number", "document_number"] = "personal_administrative_number"
    """The claim by which a person is known again. Another one makes another person of everybody."""
    pid_audience: str | None = Field(default=None, min_length=1, max_length=512)
    """What a wallet names this issuer by when it shows a PID; by default the issuer's id."""

    metrics_port: int | None = Field(default=None, ge=1, le=65_535)
    """Where ``credence serve`` answers ``GET /metrics``, and nothing else; by default nowhere."""
    metrics_host: str = "127.0.0.1"
    """The address of that port. Whoever reaches it may read it: keep it on loopback, or on a network of your own."""
    otlp_endpoint: Annotated[str, AfterValidator(_base_url)] | None = None
    """Where spans go, such as ``http://127.0.0.1:4318/v1/traces``; by default nowhere. Needs the extra ``otlp``."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @classmethod
    def load(cls, **overrides: Any) -> Self:
        """Settings from ``overrides``, else the environment, else files: the folder that ``CREDENCE_SECRETS_DIR`` names may
        hold one for each setting, called as its variable in lower case, so that no secret has to stand in the environment.

        Raises :class:`Misconfigured`, naming each wrong setting.
        """
        folder = os.environ.get(SECRETS) or None
        if folder is not None and not Path(folder).is_dir():
            raise Misconfigured(f"{SECRETS} names no folder")
        try:
            return cls(**{**overrides, "_secrets_dir": folder})
        except ValidationError as error:
            reasons = sorted(f"{_setting(found['loc'])}: {found['msg']}" for found in error.errors(include_input=False))
            raise Misconfigured("; ".join(reasons)) from None

    @model_validator(mode="after")
    def _one_master(self) -> Self:
        if self.master_key_file is not None and self.master_passphrase is not None:
            raise ValueError("master_key_file and master_passphrase exclude each other")
        return self

    def rate_of(self, limit: Limit) -> Rate | None:
        """This process' share of a limit, at least 1; None where it is off."""
        whole = self.limits.get(limit, RATES[limit])
        return None if whole is None else Rate(max(1, whole.amount // self.processes), whole.seconds)

    @property
    def evidence_audience(self) -> str:
        """What a wallet names this issuer by."""
        return self.pid_audience or self.issuer_id

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
