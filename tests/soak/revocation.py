"""What does revocation cost, once there are many credentials and many of them revoked?

A million rows stand in for credentials: drawn by the database itself, with handles below 2^248, for an accumulator does not
know how many there are. Then the manager revokes ten thousand of them, one transaction each, on a disk that is waited for.

- *revoke*: from the call to the commit: the event, the accumulator's new value, the checkpoint's way into the log.
- *staple*: bytes as JSON, as a verifier hands them out, on a quiet day, on the busiest day whose events are sent along, and
  on one that is too busy for that.
- *catch up*: a holder who last looked before the first of them: reading every page, and the arithmetic with its last check.
"""

from __future__ import annotations

import json
import statistics
import time
from typing import Final

from credence.circuits.credential import PERSON_1
from credence.circuits.encoding import decode_scalar
from credence.circuits.revocation_log import RevocationEvent, Stapled, WitnessState, follow, verify_staple, wanted_pages
from credence.service.forgetting.terms import BASES
from credence.service.issuer.revocation.manager import Target
from tests.soak.figure import Options, Result, Value
from tests.soak.installations import ISSUER, KINDS, SQLITE, Kind, Office, install, servers

TARGET: Final = "revocation: 10,000 of 1,000,000 credentials at 50 ms each, and a holder catches up in 10 seconds"
LIMIT: Final = 900

MOST_MS: Final = 50.0
"""Milliseconds of the median revocation."""

MOST_SECONDS: Final = 10.0
WHOLE: Final = 819
"""Events of the largest delta that is sent along."""

DAY: Final = 86_400


def run(options: Options) -> Result:
    """Both databases."""
    figures: dict[str, dict[str, Value]] = {}
    faults: list[str] = []
    with servers(durable=not options.quick) as server:
        for kind in options.sized(KINDS, SQLITE):
            installation = install(kind, options.room / kind, server)
            with installation.opened(checkpoints=True) as office:
                found = figures[kind] = _measured(office, kind, options)
                if options.quick:  # on a machine that is busy with other things both may take longer
                    continue
                if float(found["revoke_p50_ms"] or 0) > MOST_MS:
                    faults.append(f"{kind}: a revocation takes longer than {MOST_MS:.0f} ms")
                if float(found["catch_up_seconds"] or 0) > MOST_SECONDS:
                    faults.append(f"{kind}: a holder takes longer than {MOST_SECONDS:.0f} s")
    return {"ok": not faults, "figures": figures, "note": "; ".join(faults)}


def _measured(office: Office, kind: Kind, options: Options) -> dict[str, Value]:
    credentials, revocations = options.sized(1_000_000, 2_000), options.sized(10_000, WHOLE + 81)
    case_id, _, _ = office.offered(1)
    began = time.perf_counter()
    _fill(office, kind, case_id, credentials)
    filled = time.perf_counter() - began
    ids = office.column(f"SELECT id FROM issuer_attestations ORDER BY id LIMIT {revocations + 1}")
    handle = _handle(office, ids.pop())
    state, _ = office.issuer.stapler.grant(PERSON_1.id, handle)
    spent: list[float] = []
    _revoke(office, ids[:WHOLE], spent)
    whole, whole_bytes = _staple(office)
    whole_seconds = _caught_up(office, state, handle, whole)[1]
    _revoke(office, ids[WHOLE:], spent)
    busy, busy_bytes = _staple(office)
    read, followed, pages = _caught_up(office, state, handle, busy)
    _age(office)
    quiet, quiet_bytes = _staple(office)
    assert (len(whole.events or ()), busy.events, len(quiet.events or ())) == (WHOLE, None, 12)
    return {
        "credentials": credentials,
        "revocations": revocations,
        "fill_seconds": filled,
        "revoke_p50_ms": 1_000 * statistics.median(spent),
        "revoke_p99_ms": 1_000 * statistics.quantiles(spent, n=100)[98],
        "divide_ms": _divide_ms(office, handle),
        "staple_quiet_bytes": quiet_bytes,
        "staple_whole_bytes": whole_bytes,
        "staple_busy_bytes": busy_bytes,
        "pages": pages,
        "catch_up_whole_seconds": whole_seconds,
        "catch_up_read_seconds": read,
        "catch_up_seconds": read + followed,
    }


def _fill(office: Office, kind: Kind, case_id: str, count: int) -> None:
    """So many attestations, all of one case, each with values of its own."""
    with office.issuer.store.transaction() as session:
        kept = {"until": 2**40, "basis": next(iter(BASES))}
        session.connection().exec_driver_sql(_FILL[kind].format(case_id=case_id, count=count, **kept))


_COLUMNS: Final = (
    "INSERT INTO issuer_attestations (id, case_id, identity_tag, schema_id, key_id, issued_epoch, expiry_epoch, resets,"
    " reset_day, serial, issued_day, life, revocation_handle, subject_handle, commitment_point, salt, digest, leaf,"
    " retain_until, legal_basis) "
)
_FILL: Final[dict[Kind, str]] = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) "
    + _COLUMNS
    + "SELECT lower(hex(randomblob(16))), '{case_id}', randomblob(32), 'credence/person/1', 'k1', 739, 760, 0, 0,"
    " 1, 20692, 'live',"
    " CAST(x'00' || randomblob(31) AS BLOB), randomblob(16), randomblob(48), randomblob(32), randomblob(32), randomblob(32),"
    " {until}, '{basis}' FROM n",
    "postgresql": _COLUMNS
    + "SELECT md5(i::text), '{case_id}', sha256(('t' || i)::bytea), 'credence/person/1', 'k1', 739, 760, 0, 0,"
    " 1, 20692, 'live',"
    " '\\x00'::bytea || substring(sha256(('h' || i)::bytea) for 31), substring(sha256(('s' || i)::bytea) for 16),"
    " sha256(('p' || i)::bytea) || substring(sha256(('q' || i)::bytea) for 16), sha256(('a' || i)::bytea),"
    " sha256(('d' || i)::bytea), sha256(('l' || i)::bytea), {until}, '{basis}' FROM generate_series(1, {count}) AS i",
}


def _handle(office: Office, attestation_id: str) -> int:
    found = office.scalar(f"SELECT revocation_handle FROM issuer_attestations WHERE id = '{attestation_id}'")
    return decode_scalar(bytes(found), zero_ok=False)


def _revoke(office: Office, ids: list[str], spent: list[float]) -> None:
    for attestation_id in ids:
        began = time.perf_counter()
        office.issuer.revocation.revoke(Target(attestation_id=attestation_id), reason="measured", by="soak.example")
        spent.append(time.perf_counter() - began)


def _staple(office: Office) -> tuple[Stapled, int]:
    """The newest one, verified as a wallet does it, and its bytes."""
    office.issuer.revocation.checkpoint()
    office.services.ledger.sequence()
    (key,) = office.issuer.revocation.accumulators
    staple = office.issuer.stapler.staple(key.accumulator_id)
    vkey = office.services.ledger.verifier.vkey
    found = verify_staple(staple, ISSUER, key, vkey, now=office.services.clock(), max_age_s=60)
    return found, len(json.dumps(staple.to_json(), separators=(",", ":")))


def _caught_up(office: Office, state: WitnessState, handle: int, stapled: Stapled) -> tuple[float, float, int]:
    """Seconds of reading, seconds of arithmetic, pages read."""
    (key,) = office.issuer.revocation.accumulators
    pages = wanted_pages(state, stapled)
    began = time.perf_counter()
    earlier: list[RevocationEvent] = []
    for page in pages:
        earlier += office.issuer.stapler.page(key.accumulator_id, *page)
    read = time.perf_counter()
    caught = follow(office.services.curve, key, state, handle, stapled, earlier)
    followed = time.perf_counter()
    assert caught.index == stapled.checkpoint.index
    return read - began, followed - read, len(pages)


def _age(office: Office) -> None:
    """Makes all of it older than a day, and one more revocation today's, which makes the next staple a new one."""
    with office.issuer.store.transaction() as session:
        session.connection().exec_driver_sql(f"UPDATE issuer_revocations SET revoked_at = revoked_at - {DAY + 60}")
    last = office.scalar("SELECT max(id) FROM issuer_attestations")
    _revoke(office, [last], [])


def _divide_ms(office: Office, handle: int) -> float:
    """Milliseconds of the arithmetic alone."""
    keys = office.issuer.revocation.keys
    value = keys.public(PERSON_1.id).first_value
    spent = []
    for _ in range(50):
        began = time.perf_counter()
        keys.divide(PERSON_1.id, value, handle)
        spent.append(time.perf_counter() - began)
    return 1_000 * statistics.median(spent)
