"""An installation: its folder, keys and databases, made once and opened by every process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Final

from sqlalchemy import MetaData

from credence.circuits import curve as curves
from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng
from credence.circuits.note import NoteSigner
from credence.service.app.parties import PARTIES, chosen
from credence.service.app.subjects import make_subject_keys, open_keeping
from credence.service.clock import Clock
from credence.service.errors import ServiceError, Unavailable
from credence.service.forgetting import SubjectKeys
from credence.service.keys import FileMaster, Keyring, Master, PassphraseMaster, Purpose, create_master_file
from credence.service.keys.external import CommandStore, ExternalMaster
from credence.service.ledger import LedgerService, Outbox, Witness
from credence.service.runtime import Services, TrustedDocuments, nobody
from credence.service.settings import Settings
from credence.service.store import Store, metadata, schema
from credence.service.telemetry import NOWHERE, Metrics, Spans

OWNERS: Final = ("auth", "ledger", "issuer", "verifier", "reputation", "auditor")
"""Whoever has tables: a store each, all the same unless the settings say otherwise."""


def tables() -> MetaData:
    """Every table of the service, whichever parties run here."""
    import_module("credence.service.auth.records")
    import_module("credence.service.idempotency.records")
    import_module("credence.service.issuer.findings.records")
    import_module("credence.service.issuer.inbox.records")
    import_module("credence.service.issuer.persons.records")
    import_module("credence.service.issuer.review.due.records")
    import_module("credence.service.issuer.retention.records")
    import_module("credence.service.issuer.revocation.records")
    import_module("credence.service.issuer.standings.records")
    import_module("credence.service.reputation.cases.records")
    import_module("credence.service.reputation.retention.records")
    import_module("credence.service.reputation.market.records")
    import_module("credence.service.reputation.models.records")
    import_module("credence.service.reputation.risk_report.records")
    import_module("credence.service.verifier.denials.records")
    import_module("credence.service.verifier.persons.records")
    import_module("credence.service.verifier.rules.records")
    import_module("credence.service.verifier.webhooks.records")
    for party in PARTIES.values():
        _ = party.outbox_table
    return metadata


def stores_of(
    settings: Settings, *, checkpoints: bool | None = None, metrics: Metrics | None = None, spans: Spans = NOWHERE
) -> dict[str, Store]:
    """A store for each owner; owners with the same database share one. ``checkpoints`` overrides the setting."""
    counted = metrics or Metrics()
    moves = settings.sqlite_checkpoints if checkpoints is None else checkpoints
    by_url: dict[str, Store] = {}
    for url in map(settings.database_of, OWNERS):
        if url not in by_url:
            by_url[url] = Store(url, checkpoints=moves, retried=counted.retried, timed=spans.step)
    return {owner: by_url[settings.database_of(owner)] for owner in OWNERS}


def upgrade_all(stores: Mapping[str, Store]) -> None:
    """Brings every database to the newest schema."""
    for store in dict.fromkeys(stores.values()):
        schema.upgrade(store.engine, tables())


def initialise(settings: Settings, *, clock: Clock, rng: Rng, curve: Curve | None = None) -> Keyring:
    """Makes the data folder (mode 0700), the master key unless there is one or a passphrase, the keyring, the databases.

    Raises :class:`credence.service.keys.KeyringRefused` where there is a keyring already: it is never overwritten.
    """
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    own = settings.master_passphrase is None and not settings.master_command
    if own and not settings.master_key_path.exists():
        create_master_file(settings.master_key_path, rng)
    keyring = Keyring.create(settings.keyring_path, master_of(settings), now=clock(), rng=rng, curve=curve or curves.load())
    make_subject_keys(settings)
    stores = stores_of(settings)
    upgrade_all(stores)
    for store in stores.values():
        store.close()
    return keyring


def open_keyring(settings: Settings) -> Keyring:
    """The installation's keyring. Raises :class:`credence.service.keys.KeyringRefused`."""
    return Keyring.open(settings.keyring_path, master_of(settings))


def open_services(
    settings: Settings,
    *,
    clock: Clock,
    rng: Rng,
    parties: Iterable[str] = PARTIES,
    curve: Curve | None = None,
    checkpoints: bool | None = None,
    trusted: TrustedDocuments | None = None,
    metrics: Metrics | None = None,
    spans: Spans = NOWHERE,
) -> Services:
    """Opens what :func:`initialise` made. Commands that run beside a service pass ``checkpoints=False``.

    ``trusted`` answers the issuers' documents that the verifier believes; by default it believes nobody.

    Raises :class:`credence.service.keys.KeyringRefused` for the keyring, :class:`Unavailable` for a database that does not
    answer or whose schema is another version's.
    """
    names = chosen(parties)
    keyring = open_keyring(settings)
    counted = metrics or Metrics()
    stores = stores_of(settings, checkpoints=checkpoints, metrics=counted, spans=spans)
    try:
        _check_databases(stores)
        signer = NoteSigner(settings.ledger_origin, keyring.signing_key(Purpose.LEDGER))
        keeping = open_keeping(settings, keyring, rng, names)
    except ServiceError:
        for store in stores.values():
            store.close()
        raise
    engine = curve or curves.load()
    counted.runs_on(engine.name)
    return Services(
        settings=settings,
        clock=clock,
        rng=rng,
        curve=engine,
        stores=stores,
        keyring=keyring,
        ledger=LedgerService(
            stores["ledger"], signer, clock, _outboxes(stores, keeping.keys), Witness(settings.witness_path, signer.verifier)
        ),
        keeping=keeping,
        parties=names,
        trusted_documents=trusted or nobody,
        metrics=counted,
        spans=spans,
    )


def _check_databases(stores: Mapping[str, Store]) -> None:
    for store in dict.fromkeys(stores.values()):
        store.ping()
        store.settle()
        if not schema.is_at_head(store.engine):
            raise Unavailable("the database has another version's schema: run credence db upgrade")


def _outboxes(stores: Mapping[str, Store], keys: SubjectKeys) -> tuple[Outbox, ...]:
    found = ((name, party, party.outbox_table) for name, party in PARTIES.items())
    return tuple(
        Outbox(name, table, stores[name], party.claims_under(keys)) for name, party, table in found if table is not None
    )


def master_of(settings: Settings) -> Master:
    """What the settings say opens the keyring."""
    if settings.master_command:
        return ExternalMaster(CommandStore(settings.master_command, tuple(sorted(settings.master_command_env))))
    if settings.master_passphrase is not None:
        return PassphraseMaster(settings.master_passphrase.get_secret_value())
    return FileMaster(settings.master_key_path)
