"""``credence verifier document``: what a verifier publishes of itself, and that its log holds it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from credence.service.cli.documents import read_object
from credence.service.cli.exits import BadUsage, Failed, codes
from credence.service.cli.options import AsJson, LogKey, ServiceUrl
from credence.service.cli.output import print_facts, print_json
from credence.service.cli.remote import service_at

if TYPE_CHECKING:
    from credence.sdk import VerifierDocument


def add_to(verifier: typer.Typer) -> None:
    """Adds the command."""
    verifier.command(
        "document", epilog=codes("the log does not hold it, or not the policy, or editions that shrank", "no service")
    )(document)


def document(
    url: ServiceUrl = None,
    log_key: LogKey = None,
    policy: Annotated[
        Path | None, typer.Option("--policy", metavar="FILE", help="Whether this policy is in it; with --audience.")
    ] = None,
    audience: Annotated[
        str | None, typer.Option("--audience", metavar="VERIFIER/CLIENT", help="Who asks under the policy.")
    ] = None,
    editions: Annotated[
        bool, typer.Option("--editions", help="Read every edition before it too; with --log-key. Policies may only come.")
    ] = False,
    since: Annotated[
        str | None, typer.Option("--since", metavar="DIGEST", help="Read back to this edition, in hex; with --editions.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show a verifier's document. With --log-key its rules are looked for in the log, and its policies are added up."""
    from credence.circuits.policy import load_policy
    from credence.sdk import Auditor
    from credence.sdk.calls import perform
    from credence.sdk.calls import verifier as calls

    if (policy is None) != (audience is None) or (policy is not None and log_key is None):
        raise BadUsage("whether a policy is published is asked by --policy FILE --audience VERIFIER/CLIENT --log-key KEY")
    if (editions and log_key is None) or (since is not None and not editions):
        raise BadUsage("editions of before are read by --editions --log-key KEY, and --since DIGEST says how far")
    known = None if since is None else _digest(since)
    with service_at(url) as service:
        found = perform(service, calls.document())
        shown = _shown(found)
        if log_key is not None:
            auditor = Auditor(service, log_key)
            history = auditor.verifier_editions(known) if editions else None
            audited = auditor.verifier_rules() if history is None else history.newest
            shown |= _rules(audited.rules) | {"entry": audited.inclusion.index}
            if history is not None:
                shown |= {"editions": len(history.digests), "oldest": history.digests[-1].hex()}
            if policy is not None and audience is not None:
                asked = load_policy(read_object(policy, "the policy"))
                if not audited.has(audience, asked.digest):
                    raise Failed("the policy is not among those that the verifier publishes")
                shown["published"] = True
    if as_json:
        print_json(shown)
    else:
        print_facts({name: _said(value) for name, value in shown.items()})


def _shown(found: VerifierDocument) -> dict[str, Any]:
    keys = [key_id for key_id, key in found.receipt_keys.items() if key.not_after is None]
    rules = {} if found.rules is None else _rules(found.rules)
    return {"verifier": found.verifier, "log_vkey": found.log_vkey, "receipt_keys": keys, **rules}


def _rules(rules: Any) -> dict[str, Any]:
    return {
        "rules": rules.digest().hex(),
        "tariffs": [f"{tariff.name}/{tariff.version}" for tariff in rules.tariffs],
        "policies": rules.policies,
        "continues": len(rules.previous),
    }


def _digest(text: str) -> bytes:
    try:
        digest = bytes.fromhex(text)
    except ValueError as error:
        raise BadUsage("a digest is 64 hexadecimal digits") from error
    if len(digest) != 32:
        raise BadUsage("a digest is 64 hexadecimal digits")
    return digest


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, list) else str(value)
