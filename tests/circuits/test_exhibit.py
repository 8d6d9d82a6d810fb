"""Does a trustee see again what the verifier saw, and does whatever was changed in between stop it?"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import replace

import pytest

from credence.circuits.curve import Curve
from credence.circuits.errors import CircuitError, Malformed, Refused
from credence.circuits.exhibit import Exhibit, check_label
from credence.circuits.policy import load_policy
from credence.circuits.revocation_log import AccumulatorCheckpoint
from credence.circuits.wire import Presentation
from tests.circuits.escrow.exhibited import MINUTE, PURPOSE, Scene, make_scene
from tests.circuits.journey import ISSUER, NOW
from tests.conftest import SeededBytes


@pytest.fixture(scope="module")
def scene(curve: Curve) -> Scene:
    return make_scene(curve, SeededBytes("exhibit"))


def test_an_exhibit_holds_and_says_what_the_log_has_to_hold(scene: Scene) -> None:
    again = Exhibit.parse(json.loads(json.dumps(scene.exhibit.to_json())))
    checked = scene.check(again)
    check_label(checked, scene.made.trustees, PURPOSE)
    name = scene.document.accumulators[0].accumulator_id
    checkpoint = AccumulatorCheckpoint(ISSUER, name, 0, scene.exhibit.values["person"], MINUTE)
    assert checked.leaves == (("log", scene.document.leaf()), ("log", checkpoint.leaf()))


def test_a_swapped_label_is_refused(scene: Scene) -> None:
    checked = scene.check()
    check_label(checked, scene.made.trustees, PURPOSE)
    with pytest.raises(Refused, match="for another purpose"):
        check_label(checked, scene.made.trustees, "curiosity")
    for other in ({"id": "trustees.example/1"}, {"key": scene.curve.BP1.to_bytes()}, {"threshold": 3}, {"shares": (b"",)}):
        with pytest.raises(Refused, match="sealed to other trustees"):
            check_label(checked, dataclasses.replace(scene.made.trustees, **other), PURPOSE)  # type: ignore[arg-type]
    policy = dict(scene.exhibit.request.policy)
    policy["escrow"] = {**policy["escrow"], "purpose": "curiosity"}
    relabelled = replace(scene.exhibit, request=replace(scene.exhibit.request, policy=policy))
    receipt = replace(scene.receipt, policy_hash=load_policy(policy).digest)
    with pytest.raises(Refused, match="not_accepted"):  # the label is in the context, and the proof of that one alone
        scene.check(relabelled, receipt)


def test_a_presentation_that_was_altered_is_refused(scene: Scene) -> None:
    presentation = scene.exhibit.presentation
    proof = presentation.proof
    for changed in (
        proof[:-1] + bytes([proof[-1] ^ 1]),
        proof[48:96] + proof[:48] + proof[96:],
    ):
        with pytest.raises(Refused, match="not_accepted"):
            scene.check(replace(scene.exhibit, presentation=replace(presentation, proof=changed)))
    request = scene.exhibit.request
    for altered in (replace(request, nonce=bytes(32)), replace(request, message=b"m"), replace(request, channel=b"c")):
        with pytest.raises(Refused, match="not_accepted"):
            scene.check(replace(scene.exhibit, request=altered))


def test_the_receipt_is_of_this_presentation(scene: Scene) -> None:
    for change, why in (
        ({"policy_hash": bytes(32)}, "another request"),
        ({"audience": "other"}, "another request"),
        ({"session_id": "s2"}, "another request"),
        ({"presentation_digest": bytes(32)}, "another presentation"),
        ({"pseudonym": bytes(48)}, "another pseudonym"),
        ({"decision": "denied", "reason": "not_accepted"}, "not accepted"),
        ({"decided_at": NOW + 300}, "not_accepted"),
    ):
        with pytest.raises(Refused, match=why):
            scene.check(receipt=replace(scene.receipt, **change))  # type: ignore[arg-type]


def test_an_accumulators_value_is_the_one_that_was_proven(scene: Scene) -> None:
    for values in ({}, {"person": scene.curve.BP1.to_bytes()}, {"other": scene.exhibit.values["person"]}):
        with pytest.raises(Refused, match="not_accepted"):
            scene.check(replace(scene.exhibit, values=values))


def test_a_policy_without_a_seal_has_nothing_to_open(scene: Scene) -> None:
    policy = {**scene.exhibit.request.policy, "escrow": None}
    with pytest.raises(Refused, match="nothing sealed"):
        scene.check(replace(scene.exhibit, request=replace(scene.exhibit.request, policy=policy)))


def test_an_exhibit_is_read_strictly(scene: Scene) -> None:
    whole = scene.exhibit.to_json()
    assert Presentation.parse(whole["presentation"]) == scene.exhibit.presentation
    for change in ({"extra": 1}, {"values": {"person": "AA"}}, {"values": []}, {"type": "other"}, {"request": None}):
        with pytest.raises(Malformed):
            Exhibit.parse({**whole, **change})
    for junk in (None, [], {}):
        with pytest.raises(CircuitError):
            Exhibit.parse(junk)
