"""What each cause is, in Wycheproof's form: how such a verifier would be wrong, and where it has happened."""

from __future__ import annotations

from typing import Any, Final

_DECODE: Final = "docs/protocol.md#verification-order"
_MESSAGE: Final = "docs/protocol.md#the-message"
_CONTEXT: Final = "docs/protocol.md#the-context"
_STATEMENT: Final = "docs/protocol.md#the-statement"
_ENGINE: Final = "docs/proofs.md"
_GADGETS: Final = "docs/proofs-gadgets.md"
_POLICIES: Final = "docs/policies.md"
_REVOCATION: Final = "docs/revocation.md"
_FROZEN: Final = "docs/proofs.md#8-ways-in-which-it-would-be-broken"

_ENTRIES: Final[dict[str, tuple[str, str, str]]] = {
    # bytes
    "IdentityPoint": (
        "EDGE_CASE",
        "The identity in place of a point, canonical or not: equations and pairings of it hold for any secret.",
        _DECODE,
    ),
    "IdentityCommitment": ("EDGE_CASE", "A first move, or C_0, that is the identity, sent or recomputed.", _ENGINE),
    "PointEncoding": (
        "ENCODING",
        "A second spelling of a point: no compression bit, a coordinate above p, flags that contradict it.",
        _DECODE,
    ),
    "PointNotOnCurve": ("ENCODING", "A coordinate that no point has.", _DECODE),
    "WrongSubgroup": (
        "MISSING_STEP",
        "A point of the curve outside the group of prime order, alone or added to the right point.",
        _DECODE,
    ),
    "OtherPoint": ("MODIFIED_PARAMETER", "A valid point other than the one that was proved about.", _MESSAGE),
    "ScalarNotReduced": (
        "MALLEABILITY",
        "A scalar not below the order; some have the residue of the right one (CVE-2023-33252).",
        _DECODE,
    ),
    "OtherScalar": ("MODIFIED_PARAMETER", "A canonical scalar other than the one that was answered.", _MESSAGE),
    "MissingBytes": ("ENCODING", "A message that is too short, at either end or in between.", _MESSAGE),
    "TrailingBytes": (
        "ENCODING",
        "A message that is too long, at either end or in between; 2^31 where a reader might see a length.",
        _MESSAGE,
    ),
    "LengthConfusion": ("ENCODING", "The right length with its parts at other places.", _MESSAGE),
    "ByteOrder": ("ENCODING", "A scalar in little-endian.", _MESSAGE),
    "SwappedFields": ("MODIFIED_PARAMETER", "Two neighbours of one message exchanged.", _MESSAGE),
    "MixedProofs": ("MODIFIED_PARAMETER", "Parts of two accepted proofs of one statement in one session.", _MESSAGE),
    "EncodingConfusion": (
        "ENCODING",
        "A batchable proof as a compact one, or the other way round; names of no encoding.",
        _MESSAGE,
    ),
    "Base64": ("ENCODING", "Base64url that is not canonical.", _MESSAGE),
    "Oversized": ("EDGE_CASE", "More bytes than any policy's message has.", _MESSAGE),
    # JSON
    "MissingMember": ("MISSING_STEP", "A member left out, whose check a reader might then leave out.", _MESSAGE),
    "UnknownMember": (
        "ENCODING",
        "A member that a presentation does not have: a policy, a key, a verdict of the holder's own.",
        _MESSAGE,
    ),
    "WrongType": ("ENCODING", "A member of another type.", _MESSAGE),
    "NumberForm": ("ENCODING", "A number written in another way, or outside what the member holds.", _MESSAGE),
    "ScalarPlusOrder": ("MALLEABILITY", "A disclosed value of the right residue, above the order or below zero.", _MESSAGE),
    "DisclosedMissing": ("MISSING_STEP", "A value that the policy discloses left out.", _STATEMENT),
    "DisclosedExtra": ("MODIFIED_PARAMETER", "A value that nobody asked for, or under another name.", _STATEMENT),
    "DisclosedChanged": ("MODIFIED_PARAMETER", "A value of its domain that is not the one that was proved.", _STATEMENT),
    "DisclosedOutOfDomain": ("EDGE_CASE", "A value outside its attribute's domain.", _STATEMENT),
    "LadderNotMonotone": ("EDGE_CASE", "A rung that is set above one that is not.", _STATEMENT),
    "SlotMissing": ("MISSING_STEP", "Fewer credentials than the policy asks for.", _STATEMENT),
    "SlotRepeated": ("MODIFIED_PARAMETER", "A credential in two slots, or twice in one.", _STATEMENT),
    "SlotOrder": ("MODIFIED_PARAMETER", "Credentials in another order, or in each other's slots.", _STATEMENT),
    "OtherSlot": ("MODIFIED_PARAMETER", "Another slot than the policy's, or a gadget over another credential.", _STATEMENT),
    # context
    "ReplayedNonce": ("AUTH_BYPASS", "A proof for another nonce.", _CONTEXT),
    "ReplayedSession": ("AUTH_BYPASS", "A proof for another session.", _CONTEXT),
    "OtherChannel": ("AUTH_BYPASS", "A proof bound to another channel.", _CONTEXT),
    "OtherMessage": ("AUTH_BYPASS", "A proof bound to another account or order, or to none.", _CONTEXT),
    "OtherAudience": (
        "AUTH_BYPASS",
        "A proof for another venue: a part of its name, more than it, a letter that looks alike.",
        _CONTEXT,
    ),
    "OutsideItsTime": ("AUTH_BYPASS", "A request read before it begins or after it ends.", _CONTEXT),
    "OtherTime": ("MODIFIED_PARAMETER", "A proof for a request of other times, or of another day.", _CONTEXT),
    "OtherPolicy": ("AUTH_BYPASS", "A proof of another policy, whatever the two have in common.", _CONTEXT),
    "ImpossiblePolicy": (
        "EDGE_CASE",
        "A request under a policy that says nothing, cannot be satisfied, could wrap around, or identifies.",
        _POLICIES,
    ),
    "OtherScope": ("AUTH_BYPASS", "A pseudonym of another scope.", _CONTEXT),
    "OtherEscrow": ("AUTH_BYPASS", "A handle sealed to other trustees, or for another purpose.", _CONTEXT),
    "OtherIssuerKey": (
        "AUTH_BYPASS",
        "A credential of another key than the issuer's own, or than the one that is named.",
        _CONTEXT,
    ),
    "UnknownKey": ("AUTH_BYPASS", "A key id that the issuer's document does not have.", _DECODE),
    "KeyOutsideItsTime": ("AUTH_BYPASS", "An issuer's key before or after its time.", _DECODE),
    "BadPublicKey": ("EDGE_CASE", "An issuer's key that is no point of its group.", _DECODE),
    "OtherSuite": ("WRONG_PRIMITIVE", "A credential read under the other hash suite.", _CONTEXT),
    "UnknownIssuer": ("AUTH_BYPASS", "An issuer that the policy does not accept or the verifier does not know.", _DECODE),
    "OtherHeader": (
        "AUTH_BYPASS",
        "A signature over another header: issuer, schema, or the two cut at another place.",
        _CONTEXT,
    ),
    "OtherExpiry": ("AUTH_BYPASS", "Another expiry than was signed.", _CONTEXT),
    "Expired": (
        "MISSING_STEP",
        "A true proof of a credential that has expired (ACA-Py, CVE-2024-21669: a check that failed and was not counted).",
        _DECODE,
    ),
    "PolicyNotMet": ("MISSING_STEP", "A true proof of less than the policy asks.", _DECODE),
    # accumulators
    "AccumulatorMissing": ("MISSING_STEP", "No word about revocation where it was asked for.", _REVOCATION),
    "AccumulatorExtra": ("MODIFIED_PARAMETER", "An accumulator too many.", _REVOCATION),
    "CheckpointUnknown": ("AUTH_BYPASS", "A checkpoint that is not in the verifier's log.", _REVOCATION),
    "StaleCheckpoint": ("AUTH_BYPASS", "A checkpoint that is too old, or a log that is.", _REVOCATION),
    "ForgedCheckpoint": (
        "AUTH_BYPASS",
        "A checkpoint from the future, a second value for one event, a value at another place of the log.",
        _REVOCATION,
    ),
    "OtherAccumulator": ("MODIFIED_PARAMETER", "Another value, key, event or minute than was proved about.", _REVOCATION),
    "BadAccumulator": ("EDGE_CASE", "An accumulator's value that is no point.", _REVOCATION),
    "RevokedHolder": ("AUTH_BYPASS", "A revoked holder with every witness there is (Ursa, CVE-2024-21670).", _REVOCATION),
    "OtherWitness": ("AUTH_BYPASS", "A witness of another handle, value or accumulator, or of nothing.", _GADGETS),
    # gadgets
    "DigitNotBoolean": ("AUTH_BYPASS", "A digit that is no bit makes up for what is missing.", _ENGINE),
    "OutsideBound": ("EDGE_CASE", "One or two beyond an inclusive bound.", _GADGETS),
    "Wraparound": ("EDGE_CASE", "A value at the other end of the field.", _GADGETS),
    "OtherValueProved": ("AUTH_BYPASS", "True digits of a value that was not signed.", _GADGETS),
    "SharedConstraintBase": (
        "MISSING_STEP",
        "Two false constraints whose errors cancel where they share a point K.",
        _ENGINE,
    ),
    "WrongSetMember": ("AUTH_BYPASS", "A member is selected that is not the value.", _GADGETS),
    "SelectorsNotOneHot": ("AUTH_BYPASS", "Two rows, a fraction of one, or minus one select what is in no cell.", _GADGETS),
    "WrongInverse": ("AUTH_BYPASS", "A listed value with a number for an inverse that does not exist.", _GADGETS),
    "WrongSquare": ("AUTH_BYPASS", "A listed value whose square is said to be another number.", _GADGETS),
    "InequalityNegative": (
        "AUTH_BYPASS",
        "A sum below its threshold, the difference written as a digit or left out.",
        _GADGETS,
    ),
    "ChoiceNotBoolean": ("AUTH_BYPASS", "A choice between two lines that is neither 0 nor 1.", _GADGETS),
    "OtherTangent": ("AUTH_BYPASS", "A bound proven by a line that the policy does not have.", _GADGETS),
    "CountedTwice": ("AUTH_BYPASS", "One credential in two slots that are of two venues.", _POLICIES),
    "OutsideCommitment": ("AUTH_BYPASS", "Variables of constraints that are not those committed to.", _ENGINE),
    "TagBeyondLimit": ("AUTH_BYPASS", "A use beyond the last one.", _GADGETS),
    "OtherTag": ("AUTH_BYPASS", "A tag of another epoch, venue, limit, holder or use.", _GADGETS),
    "NoSuchTag": ("EDGE_CASE", "use_key + i = 0, where no tag exists.", _GADGETS),
    "OtherPseudonym": ("AUTH_BYPASS", "A pseudonym of another holder or scope, or a fixed point.", _GADGETS),
    "OtherSeal": ("AUTH_BYPASS", "A seal of another subject or key, or that nobody can open.", _GADGETS),
    # holders and signatures
    "PooledCredentials": ("AUTH_BYPASS", "Two holders put their credentials together.", _GADGETS),
    "ChangedAfterSigning": ("AUTH_BYPASS", "A vector of which one value is not what was signed.", _GADGETS),
    "Unsigned": ("AUTH_BYPASS", "No signature, or one that was changed.", _GADGETS),
    "EqualGenerators": (
        "WRONG_PRIMITIVE",
        "A signature under generators with known relations (vc-di-bbs, issue 37).",
        _GADGETS,
    ),
    "CancellingPairings": (
        "MISSING_STEP",
        "Two wrong pairings that cancel where they are multiplied without weights.",
        _DECODE,
    ),
    # challenges
    "UnhashedElement": ("MISSING_STEP", "A point of the statement left out of the challenge (Frozen Heart).", _FROZEN),
    "UnhashedStatement": ("MISSING_STEP", "Coefficients, or the whole statement, left out of the challenge.", _FROZEN),
    "UnhashedConstraints": ("MISSING_STEP", "The constraints left out of the challenge.", _ENGINE),
    "UnhashedCommitment": (
        "MISSING_STEP",
        "A first move left out of the challenge, or all of them, or in another order.",
        _ENGINE,
    ),
    "UnhashedContext": ("MISSING_STEP", "An item of the context left out of the challenge.", _CONTEXT),
    "OtherChallenge": (
        "MISSING_STEP",
        "A challenge that is fixed, short, of another hash, or in another byte order.",
        _ENGINE,
    ),
    "CrossProtocol": (
        "WRONG_PRIMITIVE",
        "A proof made under the tag of another operation, encoding or kind of statement.",
        _ENGINE,
    ),
    "ChosenLast": ("MISSING_STEP", "A point solved for when the challenge is known.", _FROZEN),
    "SimulatedTranscript": (
        "MISSING_STEP",
        "Answers first: a transcript that the simulator of zero knowledge gives to anybody.",
        _ENGINE,
    ),
    "MalleatedConstraints": ("MALLEABILITY", "A second proof out of an accepted one, by moving tau and C_1.", _ENGINE),
    # batches
    "BadInBatch": ("MISSING_STEP", "One that is wrong among others that are right.", "docs/protocol.md#verification-order"),
    "CancellingInBatch": ("MISSING_STEP", "Two that are wrong by opposite amounts.", "docs/protocol.md#verification-order"),
}

NOTES: Final[dict[str, dict[str, Any]]] = {
    cause: {"bugType": kind, "description": text, "links": [link]} for cause, (kind, text, link) in _ENTRIES.items()
}
"""By cause, as the corpus carries them."""
