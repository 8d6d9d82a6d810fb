"""Who has no such credential: of another holder, of another issuer, changed after it was signed, revoked, expired."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace as with_
from typing import Any, Final

from credence.circuits.bbs.signature import Signature, core_sign, signed_point
from credence.circuits.composite.plan import Plan
from credence.circuits.composite.proving import Holding
from credence.circuits.composite.public import nym_interface
from credence.circuits.composite.statement import NYM_POINT, scalar_names
from credence.circuits.credential import PERSON_1, STANDING_1, Schema, credential_header
from credence.circuits.curve import G1, ORDER
from credence.circuits.encoding import decode_g1
from credence.circuits.errors import Step
from credence.circuits.escrow import handle_base
from credence.circuits.issuance import credential_generators, issuing_interface
from credence.circuits.presentation import POLICY_NOT_MET
from credence.circuits.sigma.proof import derive_challenge
from tests.circuits.composite.dishonest import Moves, parts, weakened
from tests.circuits.sigma.subjects import base
from tests.conftest import SeededBytes
from tests.service.conformance.malicious.book import Twin, replace
from tests.service.conformance.malicious.scenes import (
    EPOCH,
    HOLDER,
    ISSUER,
    SHA,
    TRUSTEE,
    Card,
    Scene,
    card,
    manager,
    signer,
)

FRIEND: Final = (7_001, 7_002, 7_003)


def holders(twin: Twin) -> None:
    """Two friends, one with the person's credential and one with the standing; and one who mixes them up."""
    scene, encoding = twin.scene, twin.encoding
    for shared, what in (
        ((), "nothing in common"),
        ((0,), "a holder secret they agreed on"),
        ((0, 1), "all but the use key in common"),
        ((0, 2), "all but the nym secret in common"),
        ((1, 2), "all but the holder secret in common"),
    ):
        secrets = tuple(HOLDER[at] if at in shared else FRIEND[at] for at in range(3))
        pooled = scene.but(cards={"standing": card(scene.curve, STANDING_1, secrets=secrets)})
        for first in (True, False):
            with weakened(proving___attribute_values=careless(first)):
                proof = pooled.prove(encoding)
            whose = "the person's" if first else "the standing's"
            twin.forged("PooledCredentials", Step.CHALLENGE, f"two holders with {what}, {whose} secrets answered for", proof)
    has = scene.subject.holdings
    crossed = {
        "person": with_(has["standing"], scalars=_fitted(has["standing"].scalars, PERSON_1)),
        "standing": with_(has["person"], scalars=_fitted(has["person"].scalars, STANDING_1)),
    }
    with weakened(proving___attribute_values=careless(True)):
        proof = with_(scene.subject, holdings=crossed).prove(encoding, "crossed")
    twin.forged("SlotOrder", Step.CHALLENGE, "each credential's signature in the other's slot", proof)


def _fitted(scalars: tuple[int, ...], schema: Schema) -> tuple[int, ...]:
    """Another schema's vector, cut or filled up to this one's length, the secrets where they belong."""
    *others, holder, nym, use = scalars
    return (*(*others, *[0] * schema.length)[: schema.length - 3], holder, nym, use)


def careless(first: bool) -> Any:
    def values(plan: Plan, holdings: Mapping[str, Holding]) -> dict[str, int]:
        found: dict[str, int] = {}
        for slot in plan.slots if not first else plan.slots[::-1]:
            found |= dict(zip(scalar_names(slot), holdings[slot.name].scalars, strict=True))
        return found

    return values


def signatures(twin: Twin) -> None:
    """Vectors that nobody signed, or somebody else did."""
    scene, encoding, curve = twin.scene, twin.encoding, twin.scene.curve
    own = scene.cards["person"]

    def shown(cause: str, what: str, held: Card) -> None:
        with weakened(proving___check_disclosed=lambda slot, scalars: None):
            proof = scene.but(cards={"person": with_(held, epoch=own.epoch, signer=own.signer)}).subject.prove(
                encoding, what
            )
        twin.forged(cause, Step.PAIRING, what, proof)

    disclosed = {name for name, _ in scene.stated.plan.slots[0].disclosed}
    for attribute in PERSON_1.issuer:
        if attribute.name not in disclosed:
            value = own.values[attribute.name]
            other = with_(own, values={**own.values, attribute.name: value - 1 if value > attribute.minimum else value + 1})
            shown("ChangedAfterSigning", f"{attribute.name} changed after it was signed", other)
    for at, name in enumerate(("holder_secret", "nym_secret", "use_key")):
        secrets = tuple(secret + (at == place) for place, secret in enumerate(own.secrets))
        shown("ChangedAfterSigning", f"{name} changed after it was signed", with_(own, secrets=secrets))
    shown("ChangedAfterSigning", "the blind factor changed after it was signed", with_(own, blind=own.blind + 1))
    for name in sorted(disclosed):
        lower = card(curve, **{name: 1 - own.values[name] if own.values[name] in (0, 1) else 0})
        shown("ChangedAfterSigning", f"{name} was signed otherwise", with_(lower, values=own.values))
    A, e = base(curve, "nobody's signature"), 5
    shown("Unsigned", "any point for a signature", with_(own, signature=Signature(A, e).encode()))
    signature = Signature.decode(curve, own.signature)
    for other, what in (
        (Signature(-signature.A, signature.e), "A negated"),
        (Signature(signature.A * 2, signature.e), "A doubled"),
        (Signature(signature.A, (signature.e + 1) % ORDER), "e one more"),
        (Signature(signature.A, ORDER - signature.e), "e negated"),
    ):
        shown("Unsigned", f"a signature with {what}", with_(own, signature=other.encode()))
    for by, what in ((signer(curve, "k2"), "another key"), (signer(curve, "own"), "the holder's own key")):
        shown("OtherIssuerKey", f"signed under {what}", card(curve, by=by))
    shown(
        "OtherExpiry",
        "signed for an earlier epoch and shown as of a later one",
        with_(card(curve, epoch=EPOCH - 9), values=own.values),
    )
    shown("OtherExpiry", "signed for an earlier epoch, its date shown as it is", card(curve, epoch=EPOCH - 9))
    for issuer, schema, what in (
        ("other.example", PERSON_1.id, "by another issuer of the same key"),
        (ISSUER, "credence/person/2", "as another schema"),
        (ISSUER + "credence", "/person/1", "with its names cut at another place"),
    ):
        interface = issuing_interface(curve, SHA)
        header, generators = credential_header(schema, issuer, EPOCH), credential_generators(interface, PERSON_1)
        secret, public = own.signer.secret, own.signer.public
        made = core_sign(interface, secret, public, generators, header, own.scalars, SeededBytes(what))
        shown("OtherHeader", f"signed {what}", with_(own, signature=made))
    generators_of(twin, shown)


def generators_of(twin: Twin, shown: Any) -> None:
    """Signed by an issuer whose generators have known relations; the verifier's have none."""
    curve, own = twin.scene.curve, twin.scene.cards["person"]
    interface = issuing_interface(curve, SHA)
    true = list(credential_generators(interface, PERSON_1))
    resets, rung, blind = (PERSON_1.index("resets") + 1, PERSON_1.index("kyc_ge_3") + 1, PERSON_1.blind_index + 1)
    header = credential_header(PERSON_1.id, ISSUER, EPOCH)
    for at, point, what in (
        (rung, true[resets] * 5, "a generator that is a multiple of another"),
        (rung, true[resets], "two equal generators"),
        (blind, interface.suite.P1, "a generator that is the base"),
        (rung, curve.BP1, "a generator that is the curve's"),
        (0, true[1], "a domain generator that is a message's"),
    ):
        own_way = [point if place == at else each for place, each in enumerate(true)]
        secret, public = own.signer.secret, own.signer.public
        made = core_sign(interface, secret, public, own_way, header, own.scalars, SeededBytes(what))
        shown("EqualGenerators", f"signed with {what}", with_(own, signature=made))


def unmet(twin: Twin) -> None:
    """True proofs of too little: what everybody sees does not satisfy the policy."""
    scene, encoding, curve = twin.scene, twin.encoding, twin.scene.curve
    for level in (0, 1):
        low = card(curve, **{f"kyc_ge_{rung}": int(rung <= level) for rung in (1, 2, 3)})
        presentation = scene.but(cards={"person": low}).wrap(scene.but(cards={"person": low}).prove(encoding), encoding)
        change = replace("/presentation", presentation)
        twin.refuse("PolicyNotMet", Step.CONTEXT, f"a person of level {level}", change, reason=POLICY_NOT_MET)
    for epoch, what in ((EPOCH - 10, "this epoch's beginning"), (EPOCH - 11, "an epoch ago"), (1, "1970")):
        old = scene.but(cards={"person": card(curve, epoch=epoch)})
        change = replace("/presentation", old.wrap(old.prove(encoding), encoding))
        twin.refuse("Expired", Step.CONTEXT, f"a credential that expired at {what}", change, reason=POLICY_NOT_MET)


def revoked(twin: Twin) -> None:
    """Whose handle is in the log, with every witness that there is."""
    scene, encoding, curve = twin.scene, twin.encoding, twin.scene.curve
    keeper, other, own = manager(curve), manager(curve, "another accumulator"), scene.cards["person"]
    handle = own.values["revocation_handle"]

    def shown(cause: str, what: str, witness: G1, scene: Scene = scene, twin: Twin = twin, **lies: Any) -> None:
        with weakened(**lies):
            proof = scene.but(cards={"person": with_(own, witness=witness.to_bytes())}).subject.prove(encoding, what)
        twin.forged(cause, Step.PAIRING, what, proof)

    def at(data: bytes) -> G1:
        return decode_g1(curve, data)

    mine = at(keeper.witness(handle))
    after = keeper.witness(999)
    mine_after = at(keeper.witness(handle, after))
    gone = scene.but(views={"person": keeper.view(keeper.witness(handle))})
    # the twin of the revoked: somebody else, whose handle is not in the log, at the same value
    stranger = card(curve, revocation_handle=999)
    innocent = gone.but(
        name="revoked", cards={"person": with_(stranger, witness=keeper.witness(999, keeper.witness(handle)))}
    )
    group = twin.group.book.group(innocent)
    accepted = group.accept("a holder who was not revoked, after another was", encoding)
    shown("RevokedHolder", "revoked, with the last witness before", mine, gone, accepted)
    shown(
        "RevokedHolder",
        "revoked, with the witness of another",
        at(keeper.witness(999, keeper.witness(handle))),
        gone,
        accepted,
    )
    shown("RevokedHolder", "revoked, with the value before", at(keeper.value), gone, accepted)
    shown("OtherWitness", "another holder's witness", at(keeper.witness(999)))
    shown("OtherWitness", "a witness of the next value", mine_after)
    shown("OtherWitness", "a witness of another accumulator", at(other.witness(handle)))
    shown("OtherWitness", "the value itself", at(keeper.value))
    shown("OtherWitness", "the generator", curve.BP1)
    shown("OtherWitness", "the right witness negated", -mine)
    zero = at(keeper.value) * pow(keeper.alpha, -1, ORDER)
    shown("OtherWitness", "the witness of handle 0", zero)
    _other_handle(twin, keeper.witness(999))


def _other_handle(twin: Twin, friends: bytes) -> None:
    """Points made with a friend's handle and witness, and the credential's own handle; r = 0."""
    scene, made = twin.scene, parts(twin.scene.subject)
    curve, V, A, Abar = scene.curve, made.points["c.person.acc.V"], "c.person.acc.A", "c.person.acc.Abar"
    hidden = decode_g1(curve, friends) * 5
    points = {A: hidden, Abar: V * 5 - hidden * 999}
    forged = made.but(points, {"c.person.acc.r": 5}).message(twin.encoding)
    twin.forged("OtherWitness", Step.CHALLENGE, "a friend's handle in the revocation equation alone", forged)
    any_point, handle = base(curve, "any point"), made.values["c.person.m.revocation_handle"]
    forged = made.but({A: any_point, Abar: any_point * (-handle % ORDER)}, {"c.person.acc.r": 0}).message(twin.encoding)
    twin.forged("OtherWitness", Step.PAIRING, "r = 0: the equation holds for any point", forged)


def identities(twin: Twin, names: tuple[str, ...], scalars: Mapping[str, int]) -> None:
    """Points that are the identity, with scalars to match, so that the equations hold that have them."""
    made = parts(twin.scene.subject)
    zero = dict.fromkeys(names, twin.scene.curve.identity_g1)
    careless = {
        "relation__validate_elements": lambda relation: None,
        "proof___encode_points": lambda points, refusal: b"".join([each.to_bytes() for each in points]),
    }
    with weakened(**careless):
        proof = made.but(zero, scalars).message(twin.encoding)
    what = " and ".join(names)
    twin.forged("IdentityPoint", Step.DECODE, f"{what}, with scalars that make the equations true", proof)


def pseudonyms(twin: Twin) -> None:
    """Names of one's choice."""
    made, curve = parts(twin.scene.subject), twin.scene.curve
    nym, OP = made.points[NYM_POINT], made.points["nym.OP"]
    scope, secret = twin.scene.subject.public.scope or b"", made.values["nym_secret"]
    suite = nym_interface(curve).suite
    other_scope = nym_interface(curve).pseudonym_base(b"another scope") * secret
    for what, point, step in (
        ("of another holder", OP * FRIEND[1], Step.CHALLENGE),
        ("of another scope", other_scope, Step.CHALLENGE),
        ("under the credential's own api_id", issuing_interface(curve, SHA).pseudonym_base(scope) * secret, Step.CHALLENGE),
        ("that is the base", OP, Step.CHALLENGE),
        ("negated", -nym, Step.CHALLENGE),
        ("that is the curve's generator", curve.BP1, Step.CHALLENGE),
        ("that is P1", suite.P1, Step.INSTANCE),
        ("of the holder secret", OP * HOLDER[0], Step.CHALLENGE),
    ):
        twin.forged("OtherPseudonym", step, f"a pseudonym {what}", made.but({NYM_POINT: point}).message(twin.encoding))


def seals(twin: Twin) -> None:
    """Seals that trustees would open to nobody, or to somebody else."""
    made, curve = parts(twin.scene.subject), twin.scene.curve
    E1, E2, Y, base_id = "c.person.E1", "c.person.E2", curve.BP1 * TRUSTEE, handle_base(curve)
    rho, own = made.values["c.person.rho"], made.points
    cases: dict[str, dict[str, G1]] = {
        "of another subject": {E2: Y * rho + base_id * 67_891},
        "of subject 0": {E2: Y * rho},
        "to another key": {E2: curve.BP1 * 5 * rho + base_id * 67_890},
        "with another rho in each half": {E1: curve.BP1 * (rho + 1)},
        "with its halves exchanged": {E1: own[E2], E2: own[E1]},
        "on another base": {E2: Y * rho + curve.BP1 * 67_890},
        "of any points": {E1: base(curve, "E1"), E2: base(curve, "E2")},
        "of another presentation's": {E1: curve.BP1 * 77, E2: Y * 77 + base_id * 1},
        "with the key for a half": {E1: Y},
    }
    for what, points in cases.items():
        twin.forged("OtherSeal", Step.CHALLENGE, f"a seal {what}", made.but(points).message(twin.encoding))


def cancelling(twin: Twin, weights: Mapping[str, int]) -> None:
    """Two credentials that nobody signed: what one pairing lacks, the other has too much (``weights``: times how much).

    ``Abar`` is any point X in one and ``-X/weight`` in the other, ``Bbar = -e·Abar``, D the vector's own point, r1 = 0 and
    r3 = 1: both equations of both slots hold, for any attributes.
    """
    subject, curve = twin.scene.subject, twin.scene.curve
    made, interface, X, e = parts(subject), issuing_interface(curve, SHA), base(curve, "nobody's signature"), 5
    for what, weight in weights.items():
        points: dict[str, G1] = {}
        values: dict[str, int] = {}
        for slot, Abar in zip(subject.plan.slots, (X, X * -pow(weight, -1, ORDER)), strict=True):
            scalars = subject.holdings[slot.name].scalars
            vector = signed_point(interface, slot.domain, credential_generators(interface, slot.schema), scalars)
            points |= {f"{slot.label}.Abar": Abar, f"{slot.label}.Bbar": Abar * -e, f"{slot.label}.D": vector}
            values |= {f"{slot.label}.r1": 0, f"{slot.label}.r3": 1, f"{slot.label}.e": e}
        proof = made.but(points, values).message(twin.encoding)
        twin.forged("CancellingPairings", Step.PAIRING, f"two unsigned credentials, {what}", proof)


def opposite(twin: Twin) -> tuple[int, int]:
    """Two presentations of one credential that nobody signed: what the one lacks, the other has too much."""
    subject, curve = twin.scene.subject, twin.scene.curve
    (slot,), X, e, found = subject.plan.slots, base(curve, "opposite"), 5, []
    interface = issuing_interface(curve, SHA)
    for Abar, what in ((X, "a point"), (-X, "its negative")):
        scalars = subject.holdings[slot.name].scalars
        vector = signed_point(interface, slot.domain, credential_generators(interface, slot.schema), scalars)
        points = {f"{slot.label}.Abar": Abar, f"{slot.label}.Bbar": Abar * -e, f"{slot.label}.D": vector}
        values = {f"{slot.label}.r1": 0, f"{slot.label}.r3": 1, f"{slot.label}.e": e}
        proof = parts(subject).but(points, values).message(twin.encoding)
        found.append(twin.forged("Unsigned", Step.PAIRING, f"{what} for a signature, to be batched with the other", proof))
    return found[0], found[1]


def unbalanced(twin: Twin) -> tuple[int, int]:
    """Two batchable proofs whose first equations are wrong by opposite points."""
    made, found = parts(twin.scene.subject), []
    for factor, what in ((5, "by a point"), (-5, "by its negative")):
        moves = Moves(made, f"unbalanced {what}")
        moves.rows[0] = moves.rows[0] + twin.scene.curve.BP1 * factor
        x = derive_challenge(made.statement, made.tag(), moves.commitments())
        forged = moves.message(x)
        found.append(twin.forged("OtherPoint", Step.CHALLENGE, f"T_1 wrong {what}, to be batched with the other", forged))
    return found[0], found[1]
