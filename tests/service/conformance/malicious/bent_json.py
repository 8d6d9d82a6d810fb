"""Presentations whose JSON says something else than the policy asks for, in another form, or more than it knows."""

from __future__ import annotations

import base64
from typing import Any

from credence.circuits.curve import ORDER
from credence.circuits.encoding import b64u
from credence.circuits.errors import Step
from tests.service.conformance.malicious.book import PROOF, Twin, add, remove, replace

P = "/presentation"


def write(rungs: Twin, whole: Twin) -> None:
    """``rungs`` has one credential and a ladder that is disclosed; ``whole`` has two, and an accumulator."""
    types(rungs)
    numbers(rungs)
    texts(rungs)
    disclosed(rungs)
    slots(rungs, whole)
    accumulators(rungs, whole)
    encodings(rungs, whole)


def types(twin: Twin) -> None:
    """Members that are missing, unknown, or of another type."""
    for name in ("type", "session_id", "credentials", "accumulators", "disclosed", "encoding", "proof"):
        twin.refuse("MissingMember", Step.SHAPE, f"no {name}", remove(f"{P}/{name}"))
        twin.refuse("WrongType", Step.SHAPE, f"{name} is null", replace(f"{P}/{name}", None))
        twin.refuse("WrongType", Step.SHAPE, f"{name} is true", replace(f"{P}/{name}", True))
    for name in ("slot", "issuer", "key_id", "expiry_epoch"):
        twin.refuse("MissingMember", Step.SHAPE, f"a credential without {name}", remove(f"{P}/credentials/0/{name}"))
    for place, what in (
        (P, "the presentation"),
        (f"{P}/credentials/0", "a credential"),
        (f"{P}/disclosed", "what is disclosed"),
    ):
        twin.refuse("UnknownMember", Step.SHAPE, f"a member too many in {what}", add(f"{place}/admin", "1"))
    twin.refuse("UnknownMember", Step.SHAPE, "a presentation that brings a policy", add(f"{P}/policy", {"all_of": []}))
    twin.refuse("UnknownMember", Step.SHAPE, "a presentation that brings its verdict", add(f"{P}/verified", True))
    twin.refuse("UnknownMember", Step.SHAPE, "a key of the holder's choice", add(f"{P}/credentials/0/public_key", "AA"))
    twin.refuse("WrongType", Step.SHAPE, "a presentation that is a list", replace(P, []))
    twin.refuse("WrongType", Step.SHAPE, "a presentation that is text", replace(P, "presentation"))
    twin.refuse("WrongType", Step.SHAPE, "another type of document", replace(f"{P}/type", "credence/presentation/2"))
    twin.refuse("WrongType", Step.SHAPE, "a type in other letters", replace(f"{P}/type", "Credence/Presentation/1"))
    twin.refuse("WrongType", Step.SHAPE, "a proof that is a list of numbers", replace(PROOF, list(twin.proof[:48])))


def numbers(twin: Twin) -> None:
    """Other ways to write a number, and numbers outside what a member holds."""
    path = f"{P}/credentials/0/expiry_epoch"
    for value in (True, 750.0, 750.5, "750", -1, 1 << 31, 1 << 33, 1 << 53, 1 << 64, -(1 << 63), [], {}):
        late = isinstance(value, int) and not isinstance(value, bool) and value == 1 << 31
        step = Step.CHALLENGE if late else Step.SHAPE
        twin.refuse("NumberForm", step, f"expiry_epoch is {value!r}", replace(path, value))
    path = f"{P}/disclosed/person.kyc_ge_2"
    spelled: tuple[Any, ...] = (True, 1.0, "01", "+1", " 1", "1 ", "1.0", "1e0", "0x1", "1_0", "\uff11", "-1", "", "1\n")
    for value in spelled:
        twin.refuse("NumberForm", Step.SHAPE, f"a scalar written {value!r}", replace(path, value))
    for number, what in ((ORDER + 1, "1 plus the order"), (ORDER, "the order"), (1 - ORDER, "1 minus the order")):
        twin.refuse("ScalarPlusOrder", Step.SHAPE, f"a disclosed value is {what}", replace(path, str(number)))
    twin.refuse("ScalarPlusOrder", Step.SHAPE, "a disclosed value is 1 plus 2^256", replace(path, str((1 << 256) + 1)))


def texts(twin: Twin) -> None:
    """Base64 that is not canonical, and texts that look alike."""
    proof = b64u(twin.proof)
    standard = base64.b64encode(twin.proof).decode()
    forms = {
        "padded": proof + "=" * (-len(proof) % 4 or 4),
        "with a line break": proof[:64] + "\n" + proof[64:],
        "with a blank": proof + " ",
        "in hex": twin.proof.hex(),
        "empty": "",
        "with a letter too many": proof + "A",
        "in the standard alphabet": standard,
        "with a letter of none": proof[:10] + "\u0410" + proof[11:],
        "with a null": proof + "\x00",
    }
    for what, text in forms.items():
        twin.refuse("Base64", Step.SHAPE, f"a proof {what}", replace(PROOF, text))
    twin.refuse("Oversized", Step.SHAPE, "a proof of 32,769 bytes", {"op": "splice", "path": PROOF, "offset": 0, "remove": 0,
                "insert": ""}, replace(PROOF, b64u(bytes(32_769))))  # fmt: skip
    for what, text in {
        "with a blank": "person ",
        "in capitals": "PERSON",
        "with a letter that looks alike": "pers\u043en",
        "of another slot": "standing",
        "with a null": "person\x00",
        "empty": "",
        "of 33 letters": "p" * 33,
    }.items():
        twin.refuse("OtherSlot", Step.SHAPE, f"a slot's name {what}", replace(f"{P}/credentials/0/slot", text))


def disclosed(twin: Twin) -> None:
    """Values that were not proved, are of no domain, are not asked for, or contradict each other."""
    path = f"{P}/disclosed"
    has = twin.document["presentation"]["disclosed"]
    for name, value in has.items():
        twin.refuse("DisclosedMissing", Step.SHAPE, f"{name} left out", remove(f"{path}/{name}"))
        for other in ("2", "4", str(ORDER - 1)):
            if not (name.endswith("kind") and other == "2"):
                twin.refuse("DisclosedOutOfDomain", Step.SHAPE, f"{name} is {other}", replace(f"{path}/{name}", other))
        assert value in ("0", "1")
    for name in (
        "kyc_ge_3",
        "resets",
        "accredited",
        "birth_date",
        "residence",
        "holder_secret",
        "revocation_handle",
        "nym_secret",
    ):
        twin.refuse("DisclosedExtra", Step.SHAPE, f"{name}, that nobody asked for", add(f"{path}/person.{name}", "0"))
    for name in ("kyc_ge_2", "person.person.kyc_ge_2", "standing.kyc_ge_2", ".kyc_ge_2", "person/kyc_ge_2"):
        pointer = name.replace("/", "~1")
        renamed = (remove(f"{path}/person.kyc_ge_2"), add(f"{path}/{pointer}", "1"))
        twin.refuse("DisclosedExtra", Step.SHAPE, f"a value under the name {name}", *renamed)
    twin.refuse("DisclosedChanged", Step.CHALLENGE, "kind is 2 and 1 was proved", replace(f"{path}/person.kind", "2"))
    twin.refuse(
        "DisclosedChanged", Step.CHALLENGE, "a better tier than was proved", replace(f"{path}/person.risk_le_low", "1")
    )
    twin.refuse("DisclosedChanged", Step.CHALLENGE, "a lower rung than was proved", replace(f"{path}/person.kyc_ge_2", "0"))
    worse = [replace(f"{path}/person.{name}", "0") for name in ("kyc_ge_1", "kyc_ge_2")]
    twin.refuse("DisclosedChanged", Step.CHALLENGE, "no rung, and two were proved", *worse)
    gap = replace(f"{path}/person.kyc_ge_1", "0")
    twin.refuse("LadderNotMonotone", Step.SHAPE, "the second rung without the first", gap)
    risk = [replace(f"{path}/person.risk_le_standard", "0"), replace(f"{path}/person.risk_le_low", "1")]
    twin.refuse("LadderNotMonotone", Step.SHAPE, "a low risk that is above standard", *risk)


def slots(rungs: Twin, whole: Twin) -> None:
    """Credentials missing, repeated, in another order, under each other's names."""
    one, (person, standing) = rungs.document["presentation"]["credentials"][0], whole.document["presentation"]["credentials"]
    path = f"{P}/credentials"
    rungs.refuse("SlotMissing", Step.SHAPE, "no credential", replace(path, []))
    rungs.refuse("SlotRepeated", Step.SHAPE, "one credential twice", replace(path, [one, one]))
    rungs.refuse("SlotRepeated", Step.SHAPE, "nine credentials", replace(path, [one] * 9))
    whole.refuse("SlotMissing", Step.SHAPE, "the first of two left out", replace(path, [standing]))
    whole.refuse("SlotMissing", Step.SHAPE, "the second of two left out", replace(path, [person]))
    whole.refuse("SlotOrder", Step.SHAPE, "two in the other order", replace(path, [standing, person]))
    whole.refuse("SlotRepeated", Step.SHAPE, "the first in both places", replace(path, [person, person]))
    whole.refuse("SlotRepeated", Step.SHAPE, "the second twice", replace(path, [person, standing, standing]))
    whole.refuse("SlotOrder", Step.SHAPE, "a third slot of nobody's", add(f"{path}/-", {**person, "slot": "third"}))


def accumulators(rungs: Twin, whole: Twin) -> None:
    """An accumulator missing, too many, of another slot, at another place of the log."""
    path = f"{P}/accumulators"
    (shown,) = whole.document["presentation"]["accumulators"]
    whole.refuse("AccumulatorMissing", Step.SHAPE, "the accumulator left out", replace(path, []))
    whole.refuse("AccumulatorExtra", Step.SHAPE, "the accumulator twice", replace(path, [shown, shown]))
    other = {**shown, "slot": "standing"}
    whole.refuse("AccumulatorExtra", Step.SHAPE, "one of the other slot besides", replace(path, [shown, other]))
    whole.refuse("AccumulatorMissing", Step.SHAPE, "one of the other slot instead", replace(path, [other]))
    rungs.refuse("AccumulatorExtra", Step.SHAPE, "one that nobody asked for", replace(path, [{**shown, "slot": "person"}]))
    for name in ("slot", "index", "minute"):
        whole.refuse("MissingMember", Step.SHAPE, f"an accumulator without {name}", remove(f"{path}/0/{name}"))
    for index in (shown["index"] - 1, shown["index"] + 1, 0, 1 << 31):
        whole.refuse("CheckpointUnknown", Step.CONTEXT, f"event {index}", replace(f"{path}/0/index", index))
    for minute in (shown["minute"] - 1, shown["minute"] + 1, shown["minute"] - 1_440, 0, 1 << 31):
        late = f"minute {minute - shown['minute']:+}"
        whole.refuse("CheckpointUnknown", Step.CONTEXT, f"{late} of the checkpoint", replace(f"{path}/0/minute", minute))
    for value in (-1, 1 << 53, "7", 7.0, True, None):
        whole.refuse("NumberForm", Step.SHAPE, f"an event {value!r}", replace(f"{path}/0/index", value))
    extra = add(f"{path}/0/value", "AA")
    whole.refuse("UnknownMember", Step.SHAPE, "an accumulator's value of the holder's choice", extra)


def encodings(rungs: Twin, whole: Twin) -> None:
    """A proof under the other encoding's name, and names of no encoding."""
    for twin in (rungs, whole):
        other = replace(f"{P}/encoding", "compact" if twin.encoding.name == "BATCHABLE" else "batchable")
        twin.refuse("EncodingConfusion", Step.SHAPE, "a proof under the other encoding's name", other)
    for text in ("BATCHABLE", "Compact", "compact ", "DSFS", "", "none", "pending", "batchable,compact"):
        rungs.refuse("EncodingConfusion", Step.SHAPE, f"an encoding {text!r}", replace(f"{P}/encoding", text))
