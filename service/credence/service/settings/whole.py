"""Everything that may differ between two installations."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Literal, Self

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from credence.service.errors import Misconfigured
from credence.service.settings.fields import (
    Addresses,
    BaseUrl,
    Command,
    DatabaseUrl,
    Files,
    Hosts,
    Name,
    Networks,
    Origin,
    PublicKeys,
    Rates,
    Words,
)
from credence.service.settings.limits import RATES, Limit, Rate

PREFIX: Final = "CREDENCE_"

SECRETS: Final = "CREDENCE_SECRETS_DIR"
"""The variable that names a folder of settings in files, such as a container's or systemd's secrets."""

DATABASE_FILE: Final = "credence.sqlite3"
"""The embedded database's name inside ``data_dir``."""


SUBJECT_KEYS_FILE: Final = "subjects.keys"
"""The name inside ``data_dir`` of the store of subjects' keys, unless a setting names another one."""

_PARTIES: Final = ("issuer", "verifier", "ledger", "auth", "reputation", "auditor")


class Mode(StrEnum):
    """Whether nobody can be named, or a regulated firm has to be able to name somebody (docs/due-diligence.md)."""

    OPEN = "open"
    OBLIGED = "obliged"


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
    auditor_database_url: DatabaseUrl = None

    subject_keys_url: DatabaseUrl = None
    """The store of subjects' keys, which is in no backup of the databases; by default a file in ``data_dir``. Its own."""
    retention_file: Path | None = None
    """The table of retention; by default the one that is shipped."""

    sqlite_checkpoints: bool = True
    """Off in every process but one of those that share an SQLite file."""

    keyring_file: Path | None = None
    witness_file: Path | None = None
    """Where the log's newest checkpoint is remembered, outside the database; by default beside the keyring."""
    master_key_file: Path | None = None
    master_passphrase: SecretStr | None = None
    """Opens the keyring instead of the master key file."""
    master_command: Command = None
    """A program that asks a key store to seal and to open the master key (docs/operating.md), instead of either."""
    master_command_env: Words = frozenset()
    """Variables of the environment that the program is given."""

    signer_socket: Path | None = None
    """Where the issuer's signer listens, in a process of its own; by default the keyring has the key."""
    tagger_socket: Path | None = None
    """Where what turns persons into tags listens, in a process of its own; by default the keyring has the keys."""

    issuer_id: Name = "issuer.localhost"
    verifier_id: Name = "verifier.localhost"
    ledger_origin: Origin = "log.localhost/credence"
    base_url: BaseUrl = "http://127.0.0.1:8440"
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

    webhook_allow_hosts: Hosts = frozenset()
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
    standings: bool = False
    """Whether the issuer signs standings; its process then reads reputation's database, as the verifier does."""
    reset_interval_days: int = Field(default=30, ge=0, le=3_650)
    """How long a person keeps a recovery phrase before a credential is issued to another one; 0 is no time at all."""
    reset_review: bool = False
    """Whether a reviewer looks at every case whose claim brings another recovery phrase."""

    tariff_dir: Path | None = None
    """Tariff files; by default the ones that are shipped."""
    policy_dir: Path | None = None
    """Policy files that are registered at start; by default none."""
    trusted_issuers: Files = Field(default_factory=dict)
    """Issuers whose credentials the verifier believes: issuer id to the file of its published document."""
    issuer_urls: Addresses = Field(default_factory=dict)
    """Where a verifier hears of revocations: issuer id to the address of its service; the one in the process needs none."""
    accumulator_poll_seconds: int = Field(default=2, ge=1, le=30)
    """How often it asks, for the issuer's document too."""
    issuer_key_notice_seconds: int = Field(default=60, ge=0, le=90 * 86_400)
    """For how long a new issuing key is published before credentials are signed with it."""
    trustee_dir: Path | None = None
    """Transcripts of the ceremonies of trustees whose openings are counted here; by default none."""
    screening_lists: Files = Field(default_factory=dict)
    """Sanctions lists: name to file."""
    diligence_file: Path | None = None
    """The table of due diligence; by default the one that is shipped."""
    vendor_keys: PublicKeys = Field(default_factory=dict)
    """Identity vendors whose signed results are believed: name to Ed25519 public key, 32 bytes in base64url."""
    vendor_accounts: Path | None = None
    """Accounts at Sumsub, Onfido, Persona and Veriff, as JSON with secrets in it; by default none."""
    emrtd_signers: Path | None = None
    """A folder of the CSCA certificates whose passports are believed; by default no passports."""
    pid_trust_list: Path | None = None
    """The signed list of PID providers (ETSI TS 119 602, compact JAdES); by default no PIDs. Needs ``pid_trust_signers``."""
    pid_trust_signers: Path | None = None
    """The certificates of who may have signed that list, as PEM."""
    pid_status_hosts: Hosts = frozenset()
    """Hosts that status lists are fetched from, as they stand in an address."""
    pid_types: Words = frozenset()
    """The ``vct`` of PIDs that are accepted; by default ``urn:eudi:pid:1``."""
    pid_number: Literal["personal_administrative_number", "document_number"] = "personal_administrative_number"
    """The claim by which a person is known again. Another one makes another person of everybody."""
    pid_audience: str | None = Field(default=None, min_length=1, max_length=512)
    """What a wallet names this issuer by when it shows a PID; by default the issuer's id."""

    metrics_port: int | None = Field(default=None, ge=1, le=65_535)
    """Where ``credence serve`` answers ``GET /metrics``, and nothing else; by default nowhere."""
    metrics_host: str = "127.0.0.1"
    """The address of that port. Whoever reaches it may read it: keep it on loopback, or on a network of your own."""
    otlp_endpoint: BaseUrl | None = None
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
        given = (self.master_key_file is not None, self.master_passphrase is not None, bool(self.master_command))
        if sum(given) > 1:
            raise ValueError("master_key_file, master_passphrase and master_command exclude each other")
        return self

    @model_validator(mode="after")
    def _keys_apart(self) -> Self:
        if self.subject_keys_database in {self.database_of(party) for party in _PARTIES}:
            raise ValueError("subject_keys_url names a database of its own: a copy of the others is not to have the keys")
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

    @property
    def subject_keys_database(self) -> str:
        """The URL of the store of subjects' keys. It may hold a password: never log it."""
        url = self.subject_keys_url
        return url.get_secret_value() if url else f"sqlite:///{(self.data_dir / SUBJECT_KEYS_FILE).absolute()}"

    def database_of(self, party: str) -> str:
        """The database URL of a party (or of ``auth``, ``ledger``). It may hold a password: never log it."""
        own: SecretStr | None = getattr(self, f"{party}_database_url", None)
        url = own or self.database_url
        return url.get_secret_value() if url else f"sqlite:///{(self.data_dir / DATABASE_FILE).absolute()}"


def _setting(location: tuple[int | str, ...]) -> str:
    """The environment variable of an error; names of entries inside it are input and left out."""
    name = str(location[0]) if location else ""
    return PREFIX + name.upper() if name in Settings.model_fields else "settings"
