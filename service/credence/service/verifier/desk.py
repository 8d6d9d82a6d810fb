"""The desk: what the verifier has at hand once it has started."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from credence.circuits.credential import SCHEMAS
from credence.circuits.errors import Refused
from credence.circuits.issuance import DEFAULT_SUITE, issuing_interface
from credence.circuits.presentation import Accepted, Unchecked
from credence.service.auth import may_disclose
from credence.service.errors import Misconfigured, TooManyPolicies, TooManyTariffs, Unavailable
from credence.service.logs import logger
from credence.service.runtime import Services
from credence.service.store import Store
from credence.service.verifier import policies, records, tariff_versions
from credence.service.verifier.batching import Batcher, presentation_batcher
from credence.service.verifier.rules import Rulebook, publish_all, room_for_policies
from credence.service.verifier.tariff import Tariff, TariffError, load_tariffs

PARTY: Final = "verifier"


@dataclass(frozen=True)
class Desk:
    """The services of the process, the tariffs by name, where presentations that come together are checked together, and the
    rules as they are published.

    Made by :func:`open_desk`; safe for many threads.
    """

    services: Services
    tariffs: Mapping[str, Tariff]
    batcher: Batcher[Unchecked, Accepted | Refused] = field(init=False, repr=False, compare=False)
    rules: Rulebook = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        made = presentation_batcher(self.services.rng, self.services.metrics.checked)
        object.__setattr__(self, "batcher", made)
        object.__setattr__(self, "rules", Rulebook(self.services, self.store))

    @property
    def store(self) -> Store:
        """The verifier's own database."""
        return self.services.store(PARTY)

    def may_disclose(self, venue: str) -> frozenset[str]:
        """What a venue's policies may ask to be shown, by its registration."""
        with self.services.store("auth").reading() as session:
            return may_disclose(session, venue)

    def tariff(self, name: str, now: int) -> Tariff:
        """The version of that tariff that is active at ``now``; of one without a history, what the files say.

        Raises :class:`Unavailable` where the operator has taken it away, or the database has another one than was announced.
        """
        if name not in self.tariffs:
            raise Unavailable("The tariff of the policy is not loaded.")
        with self.store.reading() as session:
            row = records.active_tariff_version(session, name, now)
        return self.tariffs[name] if row is None else tariff_versions.tariff_of(self.services, row)

    def active_tariffs(self, now: int) -> Mapping[str, Tariff]:
        """As :attr:`tariffs`, each in the version that is active at ``now``, which is looked up where it is asked for."""
        return _Active(self, now)


@dataclass(frozen=True)
class _Active(Mapping[str, Tariff]):
    """Raises as :meth:`Desk.tariff`."""

    desk: Desk
    now: int

    def __getitem__(self, name: str) -> Tariff:
        if name not in self.desk.tariffs:
            raise KeyError(name)
        return self.desk.tariff(name, self.now)

    def __contains__(self, name: object) -> bool:
        return name in self.desk.tariffs

    def __iter__(self) -> Iterator[str]:
        return iter(self.desk.tariffs)

    def __len__(self) -> int:
        return len(self.desk.tariffs)


def open_desk(services: Services) -> Desk:
    """Loads the tariffs, registers the operator's policies, and has the engine tabulate the credentials' generators.

    The first version of a tariff is announced here, and what the rules do not say yet is published. What there is no room
    for in them is left out and logged: nobody is asked under it.

    Raises :class:`Misconfigured` for a tariff or policy that is refused.
    """
    settings = services.settings
    try:
        tariffs = load_tariffs(settings.tariff_dir)
    except TariffError as error:
        raise Misconfigured(f"a tariff is refused: {error}") from error
    desk = Desk(services, tariffs)
    begun = desk.store.run(partial(tariff_versions.begin, services=services, tariffs=tariffs))
    if begun:
        logger().info("tariffs.announced", party=PARTY, count=begun)
    if settings.policy_dir is not None:
        with desk.store.reading() as session:
            room = room_for_policies(session, services)
        work = partial(
            policies.register_folder,
            folder=settings.policy_dir,
            tariffs=desk.active_tariffs(services.clock()),
            now=services.clock(),
            may_disclose=desk.may_disclose,
            documents=services.trusted_documents(),
            mode=settings.mode,
            room=room,
        )
        logger().info("policies.registered", party=PARTY, count=desk.store.run(work))
    try:
        if desk.store.run(partial(publish_all, services=services)):
            logger().info("rules.published", party=PARTY)
    except (TooManyPolicies, TooManyTariffs) as error:  # of another verifier id, or an earlier release: the rest is served
        logger().error("rules.not-published", party=PARTY, reason=error.reason)
    _tabulate(services)
    return desk


def _tabulate(services: Services) -> None:
    # only a verifier may: looking a secret scalar up in a table would leak it
    suites = {DEFAULT_SUITE} | {key.suite for document in services.trusted_documents() for key in document.keys}
    signed = max(len(schema.issuer) for schema in SCHEMAS.values())
    committed = max(len(schema.holder) for schema in SCHEMAS.values())
    for suite in sorted(suites):
        issuing_interface(services.curve, suite).precompute(signed + 1, committed + 1)
