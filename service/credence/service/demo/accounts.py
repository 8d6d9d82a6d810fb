"""Terms for real accounts: a venue names the volume that it saw, a wallet proves the rest."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import Final

from credence.circuits.fields import Json
from credence.service.demo.cast import NORTH, account_policy, sealed
from credence.service.demo.expect import expect
from credence.service.demo.real_input import read_account_days
from credence.service.demo.report import Journal, Priced, StepFailed
from credence.service.demo.running import ISSUER
from credence.service.demo.steps import admit
from credence.service.demo.world import World
from credence.service.verifier.tariff.amounts import EXACT, ZERO

_PPM: Final = Decimal("0.000001")
_CENT: Final = Decimal("0.01")
_NOBODY: Final = "no-volume"


def read_days(world: World, journal: Journal) -> None:
    """The account days, strictly."""
    if world.days is None:
        raise StepFailed("no account days were given")
    world.accounts = read_account_days(world.days)
    found = world.accounts
    journal.say(f"{found.rows} account days of {len(found.accounts)} accounts; volumes from {found.first} to {found.last}")


def price_accounts(world: World, journal: Journal) -> None:
    """One session for each account, with its own 30-day volume and its identifier bound into the proof.

    The volumes are real and the holder is not: one invented person answers for all, without a pseudonym, so that nothing
    joins the accounts.
    """
    if world.accounts is None:
        raise StepFailed("no account days were read")
    holder, venue = world.first_holder, world.venues[NORTH]
    world.register(venue.verifier, sealed(account_policy(ISSUER), world.trustees))
    base = _terms(world, _NOBODY, ZERO)
    for found in world.accounts.accounts:
        terms = _terms(world, found.account, found.volume_30d_usd)
        journal.priced(
            Priced(
                holder.name,
                venue.id,
                found.volume_30d_usd,
                terms,
                account=found.account,
                saved_usd=saved(found.volume_30d_usd, base, terms),
            )
        )
    journal.say(f"{len(world.accounts.accounts)} sessions; {holder.name}'s proof, without a pseudonym, is bound to each")


def saved(volume: Decimal, base: Json, terms: Json) -> Decimal:
    """USD, to cents, of taker fees less than under ``base``, were all of ``volume`` taken."""
    with localcontext(EXACT):
        less = Decimal(base["fees"]["taker_ppm"]) - Decimal(terms["fees"]["taker_ppm"])
        return (volume * less * _PPM).quantize(_CENT, ROUND_HALF_EVEN)


def _terms(world: World, account: str, volume: Decimal) -> Json:
    holder, venue = world.first_holder, world.venues[NORTH]
    opened = venue.verifier.open_session(
        str(account_policy(ISSUER)["name"]), volume_30d_usd=volume, message=account.encode()
    )
    decision = holder.wallet.answer(opened.session_id, audience=venue.audience)
    admit(world, holder, venue, decision)
    expect(decision.pseudonym is None, "a pseudonym joins the accounts")
    return decision.terms or {}
