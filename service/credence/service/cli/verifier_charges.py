"""``credence verifier margin-call`` and ``reconcile``: what follows from the terms of a decision, computed and not kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeVar

import typer

from credence.service.cli.documents import read_text
from credence.service.cli.exits import BadUsage, codes
from credence.service.cli.opening import opened
from credence.service.cli.options import ApiKeyFile, AsJson, DataDir, Url
from credence.service.cli.output import print_facts, print_json, print_line
from credence.service.cli.remote import api_key, service_at

if TYPE_CHECKING:
    from pydantic import BaseModel

    from credence.sdk import Charge, Exposure
    from credence.service.verifier.charges.forms import MarginCallForm, ReconciliationForm, ThenForm

F = TypeVar("F", bound="BaseModel")

_EPILOG: Final = codes("there is no such session, or it has no terms", "no installation, or no service")

File = Annotated[Path, typer.Argument(metavar="FILE", help="What is asked, as the route reads it; - is standard input.")]
SessionId = Annotated[str, typer.Option("--session", metavar="ID", help="The accepted session whose terms these are.")]
ClientId = Annotated[
    str | None, typer.Option("--client", metavar="CLIENT", help="Whose session, in the installation's folder.")
]


def add_to(verifier: typer.Typer) -> None:
    """Adds the commands under ``credence verifier``."""
    verifier.command("margin-call", epilog=_EPILOG)(margin_call)
    verifier.command("reconcile", epilog=_EPILOG)(reconcile)


def margin_call(
    file: File,
    session_id: SessionId,
    client_id: ClientId = None,
    level: Annotated[Literal["short", "plain", "full"], typer.Option("--level", help="How much is said.")] = "plain",
    url: Url = None,
    key_file: ApiKeyFile = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Explain a margin call: the buffer, the price at which liquidation begins, what cures it, and the clause."""
    from credence.service.verifier.charges.forms import MarginCallForm

    form = _asked(file, MarginCallForm)
    if url is not None:
        found = _call_at(url, key_file, client_id, session_id, form)
    else:
        from credence.service.verifier.charges import explaining
        from credence.service.verifier.charges.forms import MarginCallAnswer

        with opened(data_dir) as services:
            call = explaining.margin_call(services, _named(client_id), session_id, form.read())
        found = MarginCallAnswer.of(session_id, call).model_dump(mode="json")
    if as_json:
        print_json(found)
    else:
        print_line(found["words"][level])


def reconcile(
    file: File,
    session_id: SessionId,
    client_id: ClientId = None,
    url: Url = None,
    key_file: ApiKeyFile = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Say why a fee or margin is not what the terms of a decision lead to expect, and by how much."""
    from credence.service.verifier.charges.forms import ReconciliationForm

    form = _asked(file, ReconciliationForm)
    if url is not None:
        found = _reconciled_at(url, key_file, client_id, session_id, form)
    else:
        from credence.service.verifier.charges import explaining
        from credence.service.verifier.charges.forms import ReconciliationAnswer

        charge, stated = form.read()
        with opened(data_dir) as services:
            what, expected, then = explaining.reconciliation(services, _named(client_id), session_id, charge, stated)
        expired = charge.at >= expected.terms.expires_at
        found = ReconciliationAnswer.of(session_id, then.session_id, what, expired=expired).model_dump(mode="json")
    if as_json:
        print_json(found)
        return
    print_line(found["words"])
    names = ("cause", "expected_usd", "charged_usd", "difference_usd", "explained_usd")
    print_facts({name: found[name] for name in names})


def _asked(file: Path, model: type[F]) -> F:
    """What the file asks, as the model reads it. Raises :class:`BadUsage`, which names the fields that cannot be read."""
    from pydantic import ValidationError

    try:
        return model.model_validate_json(read_text(file, "the question"))
    except ValidationError as error:
        names = sorted({".".join(str(part) for part in each["loc"]) or "the whole" for each in error.errors()})
        raise BadUsage(f"the question cannot be read: {', '.join(names)}") from error


def _call_at(
    url: str, key_file: Path | None, client_id: str | None, session_id: str, form: MarginCallForm
) -> dict[str, Any]:
    from credence.sdk import OpenPosition, Verifier

    held, others = form.position, form.other_positions
    with service_at(url) as service:
        venue = Verifier(service, audience=client_id or "", api_key=api_key(key_file))
        found = venue.explain_margin_call(
            session_id,
            OpenPosition(held.instrument_class, held.side, held.quantity, held.price),
            form.equity_usd,
            other_positions=None if others is None else _summed(others),
            target_buffer=form.target_buffer,
            at=form.at,
        )
    return dict(found.answer)


def _reconciled_at(
    url: str, key_file: Path | None, client_id: str | None, session_id: str, form: ReconciliationForm
) -> dict[str, Any]:
    from credence.sdk import Verifier

    then = form.then
    with service_at(url) as service:
        venue = Verifier(service, audience=client_id or "", api_key=api_key(key_file))
        found = venue.reconcile(
            session_id,
            _charge(form),
            own_standing=then.own_standing,
            volume_30d_usd=then.volume_30d_usd,
            maker_share=then.maker_share,
            exposure=_exposure(then),
        )
    return dict(found.answer)


def _charge(form: ReconciliationForm) -> Charge:
    from credence.sdk import Charge

    given = form.charge
    return Charge(given.kind, given.notional_usd, given.amount_usd, given.at, given.instrument_class)


def _exposure(then: ThenForm) -> Exposure:
    from credence.sdk import Exposure

    return Exposure(
        stress_regime=then.stress_regime,
        open_interest_share=then.open_interest_share,
        expected_shortfall_usd=then.expected_shortfall_usd,
        insurance_share_usd=then.insurance_share_usd,
        positions=None if then.positions is None else _summed(then.positions),
    )


def _summed(positions: Any) -> dict[str, Any]:
    from credence.service.verifier.charges.explaining import summed

    return summed((each.instrument_class, each.notional_usd) for each in positions)


def _named(client_id: str | None) -> str:
    if client_id is None:
        raise BadUsage("say whose session: --client CLIENT in the installation's folder, or --url and an API key")
    return client_id
