"""A true proof shown where it was not made for: another session, venue, time, policy, key or checkpoint.

Most change what the verifier knows, and leave the presentation as it is: that is what a replay looks like.
"""

from __future__ import annotations

from typing import Any

from credence.circuits.credential import DAY_SECONDS
from credence.circuits.encoding import b64u, b64u_decode
from credence.circuits.errors import Step
from credence.circuits.sigma.transcript import Encoding
from tests.service.conformance.malicious.book import Twin, add, remove, replace
from tests.service.conformance.malicious.scenes import AUDIENCE, EPOCH, ISSUER, MINUTE, NOW, manager, signer

R, P, POLICY = "/request", "/presentation", "/request/policy"


def write(rungs: Twin, whole: Twin, compact: Twin) -> None:
    """``rungs`` has one credential, the others everything."""
    for twin in (rungs, whole, compact):
        sessions(twin)
        policies(twin)
    audiences(rungs)
    audiences(whole)
    times(rungs)
    times(whole)
    keys(rungs)
    keys(compact)
    checkpoints(whole)
    checkpoints(compact)
    everything(whole)
    everything(compact)
    impossible(whole)


def sessions(twin: Twin) -> None:
    """Nonce, session, channel, message, day: what only this request says."""
    nonce = bytes.fromhex("5a" * 32)
    has = b64u_decode(twin.document["request"]["nonce"])
    for what, value in {
        "another nonce": nonce,
        "the nonce with its last bit turned": has[:-1] + bytes([has[-1] ^ 1]),
        "the nonce with a byte more": has + b"\x00",
        "the nonce without its last byte": has[:-1],
        "the nonce backwards": has[::-1],
    }.items():
        twin.refuse("ReplayedNonce", Step.CHALLENGE, f"{what}", replace(f"{R}/nonce", b64u(value)))
    twin.refuse(
        "ReplayedSession", Step.CONTEXT, "the request is of another session", replace(f"{R}/session_id", "session-b")
    )
    twin.refuse("ReplayedSession", Step.CONTEXT, "the answer is of another session", replace(f"{P}/session_id", "session-b"))
    both = (
        replace(f"{R}/session_id", "session-b"),
        replace(f"{P}/session_id", "session-b"),
        replace(f"{R}/nonce", b64u(nonce)),
    )
    twin.refuse("ReplayedSession", Step.CHALLENGE, "an answer renamed for another session", *both)
    for what, value in {"no channel": b"", "another channel": b"channel2", "a part of the channel": b"channe"}.items():
        twin.refuse("OtherChannel", Step.CHALLENGE, what, replace(f"{R}/channel", b64u(value)))
    messages = {
        "no message": b"",
        "another account": b"0xaccoun7",
        "a longer message": b"0xaccount0",
        "a shorter one": b"0xaccoun",
    }
    for what, value in messages.items():
        twin.refuse("OtherMessage", Step.CHALLENGE, what, replace(f"{R}/message", b64u(value)))
    moved = (replace(f"{R}/channel", b64u(b"channel0x")), replace(f"{R}/message", b64u(b"account")))
    twin.refuse("OtherMessage", Step.CHALLENGE, "bytes moved from the message to the channel", *moved)


def audiences(twin: Twin) -> None:
    """The audience is compared whole, and bound."""
    near = {
        "a longer one": AUDIENCE + "b",
        "a part": AUDIENCE[:-1],
        "with a slash": AUDIENCE + "/",
        "in capitals": AUDIENCE.upper(),
        "of another verifier": "verifier.other/venue-a",
        "of another client": "verifier.example/venue-b",
        "with a letter that looks alike": AUDIENCE.replace("a", "\u0430"),
        "with a blank": AUDIENCE + " ",
        "the verifier alone": AUDIENCE.partition("/")[0],
        "the client alone": AUDIENCE.partition("/")[2],
    }
    for what, text in near.items():
        twin.refuse("OtherAudience", Step.CONTEXT, f"the request is for an audience {what}", replace(f"{R}/audience", text))
        both = (replace(f"{R}/audience", text), replace("/audience", text))
        twin.refuse("OtherAudience", Step.CHALLENGE, f"shown to an audience {what}", *both)
        twin.refuse("OtherAudience", Step.CONTEXT, f"the verifier is {what}", replace("/audience", text))


def times(twin: Twin) -> None:
    """Before, after, at the last second, on another day."""
    until = NOW + 300
    for now, what in (
        (NOW - 1, "a second before"),
        (until, "at its end"),
        (until + 1, "after its end"),
        (0, "in 1970"),
        (1 << 40, "far on"),
    ):
        twin.refuse("OutsideItsTime", Step.CONTEXT, f"the request is read {what}", replace("/now", now))
    twin.refuse("OtherTime", Step.CHALLENGE, "the request began a second earlier", replace(f"{R}/requested_at", NOW - 1))
    twin.refuse("OtherTime", Step.CHALLENGE, "the request ends a second later", replace(f"{R}/expires_at", until + 1))
    for days in (-1, 1):
        moved = NOW + days * DAY_SECONDS
        later = [replace(f"{R}/requested_at", moved), replace(f"{R}/expires_at", moved + 300), replace("/now", moved + 5)]
        minute = [replace("/accumulators/0/minute", moved // 60)] if twin.document["accumulators"] else []
        minute += [replace(f"{P}/accumulators/0/minute", moved // 60)] if minute else []
        twin.refuse("OtherTime", Step.CHALLENGE, f"shown on another day, {days:+}", *later, *minute)
    shut = (replace(f"{R}/requested_at", until), replace("/now", until))
    twin.refuse("OutsideItsTime", Step.CONTEXT, "a request that ends as it begins", *shut)


def policies(twin: Twin) -> None:
    """A proof of one policy under another: what is proved may be the same, the hash is not."""
    for path, value, what in (
        ("name", "other", "another name"),
        ("version", 2, "another version"),
        ("tariff", "other", "another tariff"),
        ("message", "required", "a message required"),
        ("credentials/person/issuers", [ISSUER, "other.example"], "one issuer more accepted"),
    ):
        change = replace if path in twin.document["request"]["policy"] or "/" in path else add
        twin.refuse("OtherPolicy", Step.CHALLENGE, what, change(f"{POLICY}/{path}", value))
    more = {"of": "person", "attribute": "expires_on", "at_least": "today+28d"}
    twin.refuse("OtherPolicy", Step.CHALLENGE, "a predicate more, which holds", add(f"{POLICY}/all_of/-", more))
    third = replace(f"{POLICY}/all_of/0/at_least", 3)
    twin.refuse("OtherPolicy", Step.SHAPE, "a higher rung asked for than is shown", third)
    suffix = replace(f"{POLICY}/pseudonym/suffix", "other")
    twin.refuse("OtherScope", Step.CHALLENGE, "a pseudonym's suffix", suffix)
    gone = remove(f"{POLICY}/pseudonym")
    twin.refuse("OtherPolicy", Step.SHAPE, "no pseudonym asked for", gone)
    required = (add(f"{POLICY}/message", "required"), replace(f"{R}/message", ""))
    twin.refuse("OtherMessage", Step.CONTEXT, "no message where the policy requires one", *required)


def keys(twin: Twin) -> None:
    """Which key a verifier takes, and when."""
    curve = twin.scene.curve
    keys_at, first = "/documents/0/keys", "/documents/0/keys/0"
    other, own = signer(curve, "k2"), twin.document["documents"][0]["keys"][0]
    renamed = {**other.published.to_json(), "key_id": "k1"}
    twin.refuse("OtherIssuerKey", Step.CHALLENGE, "another key under the same id", replace(first, renamed))
    extra = add(f"{keys_at}/-", other.published.to_json())
    twin.refuse("OtherIssuerKey", Step.CHALLENGE, "the id of another of the issuer's keys", extra,
                replace(f"{P}/credentials/0/key_id", "k2"))  # fmt: skip
    for text, what in (("k9", "an unknown id"), ("K1", "the id in capitals"), ("k1 ", "the id with a blank")):
        twin.refuse("UnknownKey", Step.CONTEXT, what, replace(f"{P}/credentials/0/key_id", text))
    early, late = {"not_before": NOW + 100, "not_after": NOW + 200}, {"not_before": NOW - 200, "not_after": NOW + 4}
    twin.refuse("KeyOutsideItsTime", Step.CONTEXT, "a key that is not valid yet", replace(first, {**own, **early}))
    twin.refuse("KeyOutsideItsTime", Step.CONTEXT, "a key that expired a second ago", replace(first, {**own, **late}))
    shake = {**own, "suite": "bls12-381-shake-256"}
    twin.refuse("OtherSuite", Step.CHALLENGE, "the key under the other hash suite", replace(first, shake))
    for text in ("issuer.example.", "Issuer.example", "issuer.exampl", "issuer.example/other", "other.example"):
        twin.refuse("UnknownIssuer", Step.CONTEXT, f"an issuer {text}", replace(f"{P}/credentials/0/issuer", text))
    shadow = [replace("/documents/0/issuer", "other.example"), replace(f"{P}/credentials/0/issuer", "other.example")]
    twin.refuse("UnknownIssuer", Step.CONTEXT, "an issuer the verifier knows and the policy does not", *shadow)
    twin.refuse("UnknownIssuer", Step.CONTEXT, "a verifier without the issuer's document", replace("/documents", []))
    schemas = replace("/documents/0/schemas", ["credence/standing/1"])
    twin.refuse("UnknownIssuer", Step.CONTEXT, "an issuer of other credentials", schemas)
    for epoch, what in ((EPOCH + 1, "a later"), (EPOCH - 1, "an earlier"), (EPOCH + 1_000, "a much later"), (0, "no")):
        change = replace(f"{P}/credentials/0/expiry_epoch", epoch)
        twin.refuse("OtherExpiry", Step.CHALLENGE, f"{what} expiry than was signed", change)
    for name, data in _no_keys(own["public_key"]).items():
        step = Step.DECODE if twin.encoding is Encoding.BATCHABLE else Step.CHALLENGE  # the key is in the context, too
        twin.refuse("BadPublicKey", step, f"an issuer's key that is {name}", replace(f"{first}/public_key", b64u(data)))


def _no_keys(text: str) -> dict[str, bytes]:
    key = b64u_decode(text)
    return {
        "the identity": b"\xc0" + bytes(95),
        "without its compression bit": bytes([key[0] & 0x7F]) + key[1:],
        "no point": key[:95] + bytes([key[95] ^ 1]),
        "all zero": bytes(96),
    }


def checkpoints(twin: Twin) -> None:
    """Other values than the proof is about, stale ones, forged ones."""
    curve, known = twin.scene.curve, "/accumulators/0"
    keeper, other = manager(curve), manager(curve, "another accumulator")
    then = keeper.witness(999)
    twin.refuse("OtherAccumulator", Step.CHALLENGE, "the value after a revocation", replace(f"{known}/value", b64u(then)))
    twin.refuse(
        "OtherAccumulator", Step.CHALLENGE, "another accumulator's value", replace(f"{known}/value", b64u(other.value))
    )
    twin.refuse("OtherAccumulator", Step.CHALLENGE, "another accumulator's key", replace(f"{known}/key", b64u(other.public)))
    for index in (6, 8):
        both = (replace(f"{known}/index", index), replace(f"{P}/accumulators/0/index", index))
        twin.refuse("OtherAccumulator", Step.CHALLENGE, f"the same value at event {index}", *both)
    both = tuple(replace(f"{path}/minute", NOW // 60 + 1) for path in (known, f"{P}/accumulators/0"))
    twin.refuse("OtherAccumulator", Step.CHALLENGE, "the same value a minute later", *both)
    aged(twin)
    twin.refuse(
        "CheckpointUnknown", Step.CONTEXT, "a verifier whose log has no such checkpoint", replace("/accumulators", [])
    )
    for path, value in (("issuer", "other.example"), ("schema", "credence/standing/1")):
        twin.refuse("CheckpointUnknown", Step.CONTEXT, f"a checkpoint of another {path}", replace(f"{known}/{path}", value))
    for name, value in (("the identity", b"\xc0" + bytes(47)), ("all zero", bytes(48))):
        twin.refuse("BadAccumulator", Step.DECODE, f"a value that is {name}", replace(f"{known}/value", b64u(value)))


def aged(twin: Twin) -> None:
    """Checkpoints that were true once: after a later event they are good for ``max_age_s`` and no longer."""
    keeper, (own,) = manager(twin.scene.curve), twin.document["accumulators"]
    for seconds in (180, 240, 290):
        twin.refuse(
            "StaleCheckpoint",
            Step.CONTEXT,
            f"a log whose newest checkpoint is {seconds} s old",
            replace("/now", NOW + seconds),
        )
    later = {**own, "index": own["index"] + 1, "minute": MINUTE + 1, "value": b64u(keeper.witness(999))}
    revoked = add("/accumulators/-", later)
    presentation = twin.document["presentation"]
    last = 60 * MINUTE + 59
    knowing = twin.group.accept_as("another holder was revoked less than a minute ago", presentation, twin.encoding, revoked,
                                   replace("/now", last))  # fmt: skip
    for seconds in (1, 2, 60):
        now = replace("/now", last + seconds)
        knowing.refuse("StaleCheckpoint", Step.CONTEXT, f"a value that was replaced, {seconds} s too late", now)
    many = replace("/accumulators/1/index", 1 << 20)
    knowing.refuse("StaleCheckpoint", Step.CONTEXT, "many revocations later", many, replace("/now", last + 1))
    ahead = [replace(f"{path}/minute", MINUTE + 3) for path in ("/accumulators/0", f"{P}/accumulators/0")]
    twin.refuse("ForgedCheckpoint", Step.CONTEXT, "a checkpoint from the future", *ahead)
    forked = {**own, "minute": MINUTE + 1, "value": b64u(keeper.witness(998))}
    twin.refuse("ForgedCheckpoint", Step.CONTEXT, "two values for one event", add("/accumulators/-", forked))
    for alias in ("index", "minute"):
        other = {**own, alias: own[alias] + 1, "value": b64u(keeper.witness(997))}
        shown = replace(f"{P}/accumulators/0/{alias}", own[alias] + 1)
        twin.refuse(
            "ForgedCheckpoint",
            Step.CHALLENGE,
            f"the log's value at another {alias}",
            replace("/accumulators/0", other),
            shown,
        )


def everything(twin: Twin) -> None:
    """What predicates, limits and escrow are about, under another policy."""
    for path, value, cause, what in (
        ("rate_limit/name", "other", "OtherTag", "another limit's name"),
        ("rate_limit/per", "hour", "OtherTag", "per hour and not per day"),
        ("rate_limit/max", 15, "OtherTag", "one use less"),
        ("escrow/purpose", "curiosity", "OtherEscrow", "another purpose"),
        ("escrow/trustees", "trustees.example/2", "OtherEscrow", "another set's name"),
        ("escrow/threshold", 3, "OtherEscrow", "more trustees needed"),
        ("escrow/members", 4, "OtherEscrow", "more trustees"),
        ("escrow/key", b64u((twin.scene.curve.BP1 * 5).to_bytes()), "OtherEscrow", "another key"),
        ("not_revoked/max_age_s", 120, "OtherPolicy", "an older checkpoint allowed"),
        ("all_of/1/at_most", "today-17y", "OtherPolicy", "a year younger"),
        ("all_of/2/in", _without(twin, "all_of", 2, "in"), "OtherPolicy", "a smaller set"),
        ("all_of/3/not_in", _without(twin, "all_of", 3, "not_in"), "OtherPolicy", "a shorter list"),
        ("all_of/4/at_least", 1_001, "OtherPolicy", "a higher bound"),
    ):
        step = Step.SHAPE if what == "a shorter list" else Step.CHALLENGE  # nine factors are laid out otherwise
        twin.refuse(cause, step, what, replace(f"{POLICY}/{path}", value))
    for name in ("not_revoked", "rate_limit", "escrow", "pseudonym"):
        if name != "pseudonym":
            twin.refuse("OtherPolicy", Step.SHAPE, f"no {name} asked for", remove(f"{POLICY}/{name}"))
    for name, of in (
        ("not_revoked", "standing"),
        ("escrow", "standing"),
        ("pseudonym", "standing"),
        ("rate_limit", "standing"),
    ):
        step = {"not_revoked": Step.SHAPE, "escrow": Step.CONTEXT}.get(name, Step.CHALLENGE)
        twin.refuse("OtherSlot", step, f"{name} of the other credential", replace(f"{POLICY}/{name}/of", of))


def _without(twin: Twin, *way: Any) -> list[str]:
    found: Any = twin.document["request"]["policy"]
    for key in way:
        found = found[key]
    return list(found)[:-1]


def impossible(twin: Twin) -> None:
    """Policies that nobody may be asked under; a proof of another one does not make them good."""
    events = {"of": "standing", "attribute": "events_milli"}
    asked = {
        "a day after the last one": {"attribute": "birth_date", "at_least": "2200-01-01"},
        "a negative bound": {"attribute": "resets", "at_least": -1},
        "a bound beyond the domain": {"of": "standing", "attribute": "score", "at_least": 851},
        "a bound below the domain": {"of": "standing", "attribute": "score", "at_most": 299},
        "a bound of 2^64": {"of": "standing", "attribute": "events_milli", "at_most": 1 << 64},
        "a bound with a fraction": {"of": "standing", "attribute": "score", "at_least": 640.5},
        "an empty set": {"attribute": "residence", "in": []},
        "a set of one": {"attribute": "nationality", "in": ["FR"]},
        "a set with a value twice": {"attribute": "nationality", "in": ["FR", "FR"]},
        "an unknown country": {"attribute": "nationality", "in": ["FR", "XX"]},
        "a country in small letters": {"attribute": "nationality", "in": ["FR", "de"]},
        "a rung that there is not": {"attribute": "kyc_level", "at_least": 4},
        "a rung that everybody has": {"attribute": "risk_tier", "at_most": "enhanced"},
        "a rung from above": {"attribute": "kyc_level", "at_most": 2},
        "a secret": {"attribute": "holder_secret", "at_least": 1},
        "a handle in a set": {"attribute": "revocation_handle", "in": ["a", "b"]},
        "an unknown attribute": {"attribute": "size", "at_least": 1},
        "another slot than there are": {"of": "third", "attribute": "score", "at_least": 640},
        "two relations at once": {"attribute": "resets", "at_least": 1, "at_most": 2},
        "no relation": {"attribute": "resets"},
        "an unknown relation": {"attribute": "resets", "below": 2},
        "a sum with one value twice": {"sum": [{"attribute": "resets"}, {"attribute": "resets"}], "at_least": 1},
        "a sum that nothing reaches": {"sum": [events, {"attribute": "resets"}], "at_least": (1 << 24) + 65_535},
        "a sum that all reach": {"sum": [events, {"attribute": "resets"}], "at_least": 0},
        "a sum over one value": {"sum": [events], "at_least": 1_000},
        "a sum over a bit": {
            "sum": [{"attribute": "accredited", "times": -70_000}, {"attribute": "reset_day"}],
            "at_least": 0,
        },
        "a sum over what everybody sees": {
            "sum": [{"attribute": "expires_on"}, {"attribute": "resets"}],
            "at_least": 20_000,
        },
        "a set of everything": {"attribute": "kind", "in": ["natural", "legal", "institution"]},
        "credentials that may have expired": {"attribute": "expires_on", "at_least": "1970-01-01"},
        "a sum with a value of no weight": {"sum": [{"attribute": "resets", "times": 0}], "at_least": 1},
        "a sum over a handle": {"sum": [{"attribute": "subject_handle"}], "at_least": 1},
        "an empty sum": {"sum": [], "at_least": 1},
    }
    shape = ("negative", "2^64", "fraction", "empty", "a set with a value twice")
    for what, predicate in asked.items():
        step = Step.SHAPE if any(word in what for word in shape) else Step.CONTEXT
        twin.refuse("ImpossiblePolicy", step, f"a policy asks for {what}", add(f"{POLICY}/all_of/-", predicate))
    for path, value, step, what in (
        ("rate_limit/max", 0, Step.SHAPE, "a limit of no use"),
        ("rate_limit/max", 65_537, Step.SHAPE, "a limit of 65,537 uses"),
        ("rate_limit/per", "second", Step.SHAPE, "a limit per second"),
        ("escrow/threshold", 1, Step.CONTEXT, "an escrow that one trustee opens"),
        ("escrow/members", 1, Step.CONTEXT, "an escrow of fewer trustees than have to agree"),
        ("escrow/key", b64u(b"\xc0" + bytes(47)), Step.DECODE, "an escrow key that is the identity"),
        ("escrow/key", b64u(bytes(48)), Step.DECODE, "an escrow key of zeros"),
        ("escrow/key", b64u(b"\x80" + bytes(47)), Step.DECODE, "an escrow key of order three"),
        ("not_revoked/max_age_s", 59, Step.SHAPE, "checkpoints younger than a minute"),
        ("credentials", {}, Step.CONTEXT, "no credential"),
        ("credentials/person/schema", "credence/person/2", Step.CONTEXT, "an unknown schema"),
        ("version", 0, Step.SHAPE, "version 0"),
        ("name", "Full", Step.CONTEXT, "a name in capitals"),
    ):
        twin.refuse("ImpossiblePolicy", step, what, replace(f"{POLICY}/{path}", value))
    for name in ("holder_secret", "revocation_handle", "subject_handle", "nym_secret", "use_key"):
        identifying = add(f"{POLICY}/disclose", [{"of": "person", "attribute": name}])
        twin.refuse("ImpossiblePolicy", Step.CONTEXT, f"a policy discloses {name}", identifying)
    twin.refuse("ImpossiblePolicy", Step.SHAPE, "a member that policies do not have", add(f"{POLICY}/admin", True))
