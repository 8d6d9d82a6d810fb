"""Does a policy mean what it says? Every refused document differs from the accepted twin ``POLICY`` in one place."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable
from typing import Any

import pytest
import rfc8785

from credence.circuits import curve as curves
from credence.circuits.encoding import b64u
from credence.circuits.errors import Malformed
from credence.circuits.policy import Expiry, PolicyError, Threshold, explain, load_policy
from credence.circuits.policy.moments import Moment

POLICY: dict[str, Any] = {
    "name": "perp-standard",
    "version": 3,
    "credentials": {"person": {"schema": "credence/person/1", "issuers": ["issuer.example"]}},
    "all_of": [
        {"of": "person", "attribute": "kyc_level", "at_least": 2},
        {"attribute": "risk_tier", "at_most": "standard"},
        {"of": "person", "attribute": "expires_on", "at_least": "today"},
    ],
    "disclose": [{"of": "person", "attribute": "risk_tier"}],
    "not_revoked": None,
    "pseudonym": {"suffix": ""},
    "rate_limit": None,
    "escrow": None,
    "message": "optional",
    "tariff": "perp-default",
}


ESCROW: dict[str, Any] = {
    "trustees": "trustees.example/1",
    "key": b64u((curves.load().BP1 * 77).to_bytes()),
    "threshold": 2,
    "members": 3,
    "purpose": "a warrant",
}
FULL: dict[str, Any] = {
    "name": "everything",
    "version": 1,
    "credentials": {
        "person": {"schema": "credence/person/1", "issuers": ["issuer.example"]},
        "standing": {"schema": "credence/standing/1", "issuers": ["issuer.example"]},
    },
    "all_of": [
        {"of": "person", "attribute": "kyc_level", "at_least": 2},
        {"of": "person", "attribute": "birth_date", "at_most": "today-18y"},
        {"of": "person", "attribute": "expires_on", "at_least": "today+30d"},
        {"of": "person", "attribute": "residence", "not_in": ["IR", "KP", "SY"]},
        {"of": "person", "attribute": "nationality", "in": ["DE", "FR"]},
        {"of": "person", "attribute": "kind", "not_in": ["legal"]},
        {"of": "person", "attribute": "accredited", "at_least": 1},
        {"of": "person", "attribute": "resets", "at_most": 2},
        {"of": "standing", "attribute": "score", "at_least": 640},
        {"of": "standing", "attribute": "venue", "in": ["venue-a", "venue-b"]},
        {"of": "standing", "attribute": "standing_tier", "at_least": 3},
        {
            "sum": [
                {"of": "standing", "attribute": "evidence_milli"},
                {"of": "standing", "attribute": "events_milli", "times": -967},
            ],
            "at_least": 1_276,
        },
    ],
    "disclose": [{"of": "person", "attribute": "risk_tier"}],
    "not_revoked": [{"of": "standing", "max_age_s": 300}, {"of": "person", "max_age_s": 60}],
    "pseudonym": {"suffix": "", "of": "standing"},
    "rate_limit": {"of": "person", "name": "open-account", "per": "day", "max": 16},
    "escrow": {**ESCROW, "of": "person"},
    "message": "required",
    "tariff": "perp-default",
}


def changed(change: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    document = copy.deepcopy(POLICY)
    change(document)
    return document


def test_the_accepted_twin_loads() -> None:
    policy = load_policy(POLICY)
    assert policy.predicates == (
        Threshold("person", "kyc_level", "2", "kyc_ge_2"),
        Threshold("person", "risk_tier", "standard", "risk_le_standard"),
        Expiry("person", Moment("today")),
    )
    assert policy.disclosed_attributes("person") == ("kyc_ge_1", "kyc_ge_2", "risk_le_standard", "risk_le_low")
    assert policy.pseudonym_suffix == ""
    assert not policy.message_required


def test_a_policy_with_everything_in_it_loads() -> None:
    policy = load_policy(FULL)
    assert len(policy.predicates) == 12
    assert [ask.slot for ask in policy.not_revoked] == ["person", "standing"]
    assert (policy.pseudonym_slot, policy.rate_limit.uses if policy.rate_limit else 0) == ("standing", 16)
    assert policy.escrow is not None
    assert policy.disclosed_attributes("person") == ("kyc_ge_1", "kyc_ge_2", "risk_le_standard", "risk_le_low", "accredited")
    assert policy.disclosed_attributes("standing") == ("standing_ge_1", "standing_ge_2", "standing_ge_3")
    assert load_policy(policy.document) == policy


def test_the_policy_hash_is_sha_256_over_the_canonical_form() -> None:
    assert load_policy(POLICY).digest == hashlib.sha256(rfc8785.dumps(POLICY)).digest()
    reordered = dict(reversed(POLICY.items()))
    assert load_policy(reordered).digest == load_policy(POLICY).digest
    assert load_policy(changed(lambda d: d.update(version=4))).digest != load_policy(POLICY).digest


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda d: d["all_of"][0].update(at_least=0), "says nothing"),
        (lambda d: d["all_of"][0].update(at_least=4), "no such rung"),
        (lambda d: d["all_of"][1].update(at_most="enhanced"), "says nothing"),
        (lambda d: d["all_of"][1].update(at_most="lowest"), "low, standard or enhanced"),
        (lambda d: d["all_of"][0].update(of="standing"), "does not ask for"),
        (lambda d: d["all_of"].append(dict(d["all_of"][0])), "twice"),
        (lambda d: d["disclose"].append(dict(d["disclose"][0])), "twice"),
        (lambda d: d["all_of"][0].update(at_most=3), "has one of"),
        (lambda d: d["all_of"].append({"attribute": "shoe_size", "at_least": 4}), "does not have"),
        (lambda d: d["all_of"].append({"attribute": "score", "at_least": 640}), "does not have"),
        (lambda d: d["disclose"].append({"attribute": "revocation_handle"}), "identifies"),
        (lambda d: d["disclose"].append({"attribute": "nym_secret"}), "identifies"),
        (lambda d: d["disclose"].append({"attribute": "subject_handle"}), "identifies"),
        (lambda d: d["disclose"].append({"attribute": "standing_tier"}), "does not have"),
        (lambda d: d.update(credentials={}), "no credential"),
        (lambda d: d["credentials"].update({f"s{i}": d["credentials"]["person"] for i in range(8)}), "at most eight"),
        (lambda d: d["credentials"].update(Other=d["credentials"]["person"]), "lower-case"),
        (lambda d: d["all_of"].append({"attribute": "birth_date", "at_most": "18 years"}), "a day is"),
        (lambda d: d["all_of"].append({"attribute": "birth_date", "at_most": "2026-02-30"}), "a day is"),
        (lambda d: d["all_of"].append({"attribute": "birth_date", "at_most": "1969-12-31"}), "a day is"),
        (lambda d: d["all_of"].append({"attribute": "birth_date", "in": ["2000-01-01"]}), "cannot be asked"),
        (lambda d: d["all_of"].append({"attribute": "expires_on", "at_most": "today"}), "cannot be asked"),
        (lambda d: d["all_of"].append({"attribute": "residence", "not_in": ["XX"]}), "two letters"),
        (lambda d: d["all_of"].append({"attribute": "residence", "not_in": ["ir"]}), "two letters"),
        (lambda d: d["all_of"].append({"attribute": "residence", "in": ["DE"]}), "set of one"),
        (lambda d: d["all_of"].append({"attribute": "residence", "at_least": 4}), "cannot be asked"),
        (lambda d: d["all_of"].append({"attribute": "kind", "in": ["natural", "robot"]}), "natural, legal or institution"),
        (lambda d: d["all_of"].append({"attribute": "accredited", "at_least": 0}), "says nothing"),
        (lambda d: d["all_of"].append({"attribute": "resets", "at_most": 65_536}), "outside its domain"),
        (lambda d: d["all_of"].append({"attribute": "revocation_handle", "at_least": 1}), "identifies"),
        (lambda d: d["all_of"].append({"attribute": "risk_tier", "at_least": 1}), "cannot be asked"),
        (lambda d: d["credentials"].update(other={**d["credentials"]["person"], "issuers": ["b"]}), "one issuer"),
        (lambda d: d.update(not_revoked={"max_age_s": 60, "of": "standing"}), "does not ask for"),
        (lambda d: d.update(not_revoked=[{"max_age_s": 60}, {"max_age_s": 90}]), "twice"),
        (lambda d: d.update(rate_limit={"name": "Open", "per": "day", "max": 16}), "rate limit's name"),
        (lambda d: d.update(escrow={**ESCROW, "threshold": 1}), "at least two"),
        (lambda d: d.update(escrow={**ESCROW, "threshold": 4}), "at least two"),
        (lambda d: d.update(escrow={**ESCROW, "key": "A" * 64}), "no point"),
        (lambda d: d.update(escrow={**ESCROW, "key": b64u(b"\xc0" + bytes(47))}), "no point"),
        (lambda d: d.update(escrow={**ESCROW, "key": b64u(b"\x80" + bytes(47))}), "no point"),
        (lambda d: d["credentials"]["person"].update(schema="credence/person/2"), "unknown schema"),
        (lambda d: d.update(name="Perp Standard"), "policy name"),
        (lambda d: d.update(tariff="../perp"), "tariff name"),
        (lambda d: d.update(all_of=[], disclose=[], pseudonym=None), "asks for nothing"),
    ],
)
def test_a_policy_that_cannot_stand_is_refused_at_load(change: Callable[[dict[str, Any]], Any], reason: str) -> None:
    with pytest.raises(PolicyError, match=reason):
        load_policy(changed(change))


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.update(version=True),
        lambda d: d.update(version=0),
        lambda d: d.update(version="3"),
        lambda d: d.update(unknown=1),
        lambda d: d.pop("all_of"),
        lambda d: d.pop("tariff"),
        lambda d: d.update(all_of={}),
        lambda d: d["all_of"][0].update(at_least="2"),
        lambda d: d["all_of"][0].update(at_least=2.0),
        lambda d: d["credentials"]["person"].update(issuers=[]),
        lambda d: d["credentials"]["person"].update(issuers=["a", "a"]),
        lambda d: d["credentials"]["person"].update(extra=1),
        lambda d: d["disclose"][0].update(extra=1),
        lambda d: d.update(pseudonym=True),
        lambda d: d["pseudonym"].update(suffix=7),
        lambda d: d["pseudonym"].update(suffix="a\x00b"),
        lambda d: d.update(message="maybe"),
        lambda d: d.update(not_revoked={"max_age_s": 59}),
        lambda d: d.update(not_revoked=[]),
        lambda d: d.update(not_revoked={"max_age_s": 60, "extra": 1}),
        lambda d: d.update(rate_limit={"name": "x", "per": "year", "max": 16}),
        lambda d: d.update(rate_limit={"name": "x", "per": "day", "max": 0}),
        lambda d: d.update(escrow={"trustees": "x"}),
        lambda d: d.update(escrow={**ESCROW, "key": "AAAA"}),
        lambda d: d["all_of"].append({"sum": [], "at_least": 1}),
        lambda d: d["all_of"].append({"sum": [{"attribute": "resets"}, {"attribute": "reset_day"}], "at_most": 1}),
        lambda d: d["all_of"].append({"sum": None, "attribute": "kyc_level", "at_least": 1}),
        lambda d: d["all_of"].append({"attribute": "residence", "not_in": ["IR", "IR"]}),
        lambda d: d["all_of"].append({"attribute": "residence", "not_in": []}),
    ],
)
def test_a_document_of_the_wrong_shape_is_malformed(change: Callable[[dict[str, Any]], Any]) -> None:
    with pytest.raises(Malformed):
        load_policy(changed(change))


def test_the_sets_of_a_policy_are_counted_before_they_are_read() -> None:
    def listing(*lengths: int) -> dict[str, Any]:
        slots = {f"s{i}": {"schema": "credence/standing/1", "issuers": ["issuer.example"]} for i in range(len(lengths))}
        sets = [
            {"of": f"s{i}", "attribute": "venue", "not_in" if i else "in": [f"venue-{n}" for n in range(length)]}
            for i, length in enumerate(lengths)
        ]
        return {**POLICY, "credentials": slots, "all_of": sets, "disclose": None, "pseudonym": {}}

    assert len(load_policy(listing(1_024, 1_024, 1_024, 1_024)).predicates) == 4
    with pytest.raises(PolicyError, match="4,096 values"):
        load_policy(listing(1_024, 1_024, 1_024, 1_024, 1))


@pytest.mark.parametrize("document", [None, [], "policy", 3])
def test_what_is_no_object_is_malformed(document: object) -> None:
    with pytest.raises(Malformed):
        load_policy(document)


def test_it_is_explained_in_plain_words() -> None:
    lines = explain(load_policy(POLICY))
    assert "Your verification level is at least 2; nothing more exact." in lines
    assert "Revealed: risk tier." in lines
    assert lines[-1] == "Nothing else is revealed."
    without = explain(load_policy(changed(lambda d: d.update(pseudonym=None))))
    assert "No pseudonym: only what is revealed could connect two visits." in without


@pytest.mark.parametrize("asked", ["all_of", "disclose", "pseudonym"])
def test_a_policy_that_asks_for_one_thing_stands(asked: str) -> None:
    nothing: dict[str, Any] = {"all_of": [], "disclose": [], "pseudonym": None}
    load_policy({**POLICY, **nothing, asked: POLICY[asked]})


def test_a_loaded_policy_cannot_be_changed() -> None:
    given = copy.deepcopy(POLICY)
    policy = load_policy(given)
    given["all_of"][0]["at_least"] = 3
    policy.document["all_of"].clear()
    assert policy.document == POLICY
    assert load_policy(policy.document).digest == policy.digest


@pytest.mark.parametrize(
    ("change", "said", "unsaid"),
    [
        (lambda d: d["all_of"][0].update(at_least=3), "at least 3, which is the best there is.", "nothing more exact"),
        (lambda d: d["disclose"].append({"attribute": "kyc_level"}), "at least 2.", "nothing more exact"),
        (
            lambda d: d["disclose"].append({"attribute": "kyc_ge_3"}),
            "whether your verification level is at least 3",
            "exact",
        ),
    ],
)
def test_no_more_is_promised_than_is_kept(change: Callable[[dict[str, Any]], Any], said: str, unsaid: str) -> None:
    words = " ".join(explain(load_policy(changed(change))))
    assert said in words
    assert unsaid not in words
    assert "Always revealed: the issuer, which of its keys signed, and the expiry to within 28 days." in words


@pytest.mark.parametrize("purpose", ["a warrant", "a warrant”, with your consent, “or not"])
def test_a_venues_own_words_are_quoted_and_cannot_end_the_quotation(purpose: str) -> None:
    policy = load_policy(changed(lambda d: d.update(escrow={**ESCROW, "purpose": purpose})))
    (line,) = (line for line in explain(policy) if line.startswith("Who you are, sealed"))
    assert line.endswith(", in public view.")
    assert [line.count(mark) for mark in "“”"] == [1, 1]
