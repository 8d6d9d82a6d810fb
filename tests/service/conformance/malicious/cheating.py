"""Provers who have a true credential and want it to say more: false digits, selectors, inverses, tags, sums.

All secrets are known here, so everything that is not false is right: the equations hold that can hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from credence.circuits.composite.statement import TAG_BITS, TAG_POINT
from credence.circuits.countries import NUMERIC
from credence.circuits.credential import STANDING_1
from credence.circuits.curve import ORDER
from credence.circuits.errors import Step
from credence.circuits.predicates import digits
from credence.circuits.predicates.digits import bit_names, weights
from credence.circuits.predicates.membership import grid, selectors
from credence.circuits.predicates.range import Interval
from credence.circuits.ratelimit import Limit
from credence.circuits.sigma.statement import COMMITMENT
from credence.circuits.sigma.transcript import Encoding
from tests.circuits.composite.dishonest import UNCHECKED, parts, weakened
from tests.circuits.sigma.test_weakened import square_root
from tests.service.conformance.malicious.book import Twin
from tests.service.conformance.malicious.scenes import EU, TEN, TODAY, Scene, card

MINOR: Final = 19_000
"""Born in 2022."""


def told(scene: Scene, encoding: Encoding, seed: str = "told", **answers: Mapping[str, int]) -> bytes:
    """By a prover whose gadgets answer what they are told, and who looks at no constraint."""
    lies = {f"proving__{name}": lambda *_, answer=answer: dict(answer) for name, answer in answers.items()}
    with weakened(**UNCHECKED, **lies):
        return scene.prove(encoding, seed)


def ranges(twin: Twin) -> None:
    """A child among adults."""
    curve, encoding = twin.scene.curve, twin.encoding
    child = twin.scene.but(cards={"person": card(curve, birth_date=MINOR)})
    (_, interval), prefix = twin.scene.stated.plan.slots[0].ranges[0], "c.person.range.birth_date"
    names, weighed = bit_names(prefix, interval.width), weights(interval.width)
    for first in range(0, len(names), 3):
        rest = (MINOR - interval.minimum - sum(weighed) + weighed[first]) * pow(weighed[first], -1, ORDER) % ORDER
        made = told(child, encoding, range_values={**dict.fromkeys(names, 1), names[first]: rest})
        twin.forged("DigitNotBoolean", Step.CHALLENGE, f"digit {first} makes up for a child's birth date", made)
    made = told(child, encoding, range_values=_cancelling(interval, prefix))
    twin.forged("SharedConstraintBase", Step.CHALLENGE, "two digits whose errors cancel", made)
    for value, what in ((interval.maximum, "the last day"), (0, "the first day"), (7_000, "another's birth date")):
        answers = digits.bit_values(prefix, value - interval.minimum, interval.width)
        made = told(child, encoding, range_values=answers)
        twin.forged("OtherValueProved", Step.CHALLENGE, f"true digits of {what}, of a child", made)
    for beyond in (1, 2):
        late = twin.scene.but(cards={"person": card(curve, birth_date=interval.maximum + beyond)})
        made = told(late, encoding, range_values={**dict.fromkeys(names, 1), names[-1]: 1 + beyond})
        twin.forged("OutsideBound", Step.CHALLENGE, f"{beyond} beyond the bound, the last digit {1 + beyond}", made)
    for number, what in ((ORDER - 1, "-1"), (1 << 64, "2^64"), (ORDER - (1 << 64), "-2^64")):
        wrapped = twin.scene.but(cards={"person": card(curve, birth_date=number)})
        made = told(wrapped, encoding, range_values={**dict.fromkeys(names, 0), names[-1]: number})
        twin.forged("Wraparound", Step.CHALLENGE, f"a birth date of {what}", made)


def _cancelling(interval: Interval, prefix: str) -> dict[str, int]:
    """Two numbers b and c that are no bits, with b(b-1) + c(c-1) = 0, and all others 1; they add up to the child's date."""
    names, weighed = bit_names(prefix, interval.width), weights(interval.width)
    for first in range(len(names)):
        for second in range(first + 1, len(names)):
            u, v = weighed[first], weighed[second]
            rest = MINOR - interval.minimum - sum(weighed) + u + v
            half = (v * v + 2 * rest * u - u * v) % ORDER
            root = square_root((half * half - 4 * (u * u + v * v) * (rest * rest - v * rest)) % ORDER)
            if root is not None:
                b = (half + root) * pow(2 * (u * u + v * v), -1, ORDER) % ORDER
                return {
                    **dict.fromkeys(names, 1),
                    names[first]: b,
                    names[second]: (rest - u * b) * pow(v, -1, ORDER) % ORDER,
                }
    raise AssertionError("no pair has a root")


def sets(twin: Twin) -> None:
    """A stranger among residents."""
    curve, encoding, members = twin.scene.curve, twin.encoding, sorted(NUMERIC[code] for code in EU)
    rows, columns = grid(len(members))
    f, g = (selectors(f"c.person.in.residence.{axis}", count) for axis, count in (("f", rows), ("g", columns)))
    cells = [members[min(at, len(members) - 1)] for at in range(rows * columns)]
    none = dict.fromkeys((*f, *g), 0)

    def forge(cause: str, what: str, residence: int, chosen: Mapping[str, int]) -> None:
        stranger = twin.scene.but(cards={"person": card(curve, residence=residence)})
        twin.forged(cause, Step.CHALLENGE, what, told(stranger, encoding, in_set_values={**none, **chosen}))

    swiss = NUMERIC["CH"]
    forge("WrongSetMember", "no selector is set: the last member is, and it is not the value", swiss, {})
    forge("WrongSetMember", "the first member is selected and is not the value", swiss, {f[0]: 1, g[0]: 1})
    forge("WrongSetMember", "another member than the value is selected", members[3], {f[0]: 1, g[0]: 1})
    for column in (0, 1):
        two = (cells[column] + cells[columns + column] - cells[(rows - 1) * columns + column]) % ORDER
        forge("SelectorsNotOneHot", f"two rows at once in column {column}", two, {f[0]: 1, f[1]: 1, g[column]: 1})
    across = (cells[0] + cells[1] - cells[columns - 1]) % ORDER
    forge("SelectorsNotOneHot", "two columns at once", across, {f[0]: 1, g[0]: 1, g[1]: 1})
    base, step = cells[(rows - 1) * columns], cells[0] - cells[(rows - 1) * columns]
    part = (swiss - base) * pow(step, -1, ORDER) % ORDER
    forge("SelectorsNotOneHot", "a fraction of a row", swiss, {f[0]: part, g[0]: 1})
    forge("SelectorsNotOneHot", "a row twice", (base + 2 * step) % ORDER, {f[0]: 2, g[0]: 1})
    forge("SelectorsNotOneHot", "minus one row", (base - step) % ORDER, {f[0]: ORDER - 1, g[0]: 1})


def exclusions(twin: Twin) -> None:
    """A listed one among those who are not."""
    curve, encoding, listed = twin.scene.curve, twin.encoding, sorted(NUMERIC[code] for code in TEN)
    prefix = "c.person.out.nationality"
    for at in (0, 1, 9):
        value = listed[at]
        scene = twin.scene.but(cards={"person": card(curve, nationality=value)})
        true = {f"{prefix}.m2": value**2 % ORDER}
        for k in range(5):
            product = (value - listed[2 * k]) * (value - listed[2 * k + 1])
            true[f"{prefix}.y.{k}"] = pow(product, -1, ORDER) if product else 0
        free = f"{prefix}.y.{at // 2}"
        for number in (0, 1, 5):
            made = told(scene, encoding, not_in_set_values={**true, free: number})
            twin.forged("WrongInverse", Step.CHALLENGE, f"entry {at}, whose inverse is said to be {number}", made)
        bent = {f"{prefix}.m2": (value**2 + 1) % ORDER}
        for k in range(5):
            low, high = listed[2 * k], listed[2 * k + 1]
            bent[f"{prefix}.y.{k}"] = pow(value**2 + 1 - (low + high) * value + low * high, -1, ORDER)
        made = told(scene, encoding, not_in_set_values=bent)
        twin.forged("WrongSquare", Step.CHALLENGE, f"entry {at}, with a square that is none", made)


def tags(twin: Twin) -> None:
    """More tags than the limit has, and tags of other epochs, venues, limits, holders."""
    scene, encoding, curve = twin.scene, twin.encoding, twin.scene.curve
    limit, made = scene.subject.public.limit, parts(scene.subject)
    assert limit is not None
    key = scene.cards["person"].secrets[2]
    names = [] if limit.uses == 1 else bit_names(TAG_BITS, limit.uses - 1)

    def tag(of: Limit, denominator: int) -> Any:
        return of.base(curve) * pow(denominator % ORDER, -1, ORDER)

    for index in (limit.uses, limit.uses + 1, 1 << 20, -1):
        values = {**dict.fromkeys(names, 1), names[-1]: index - (limit.uses - 1) + 1} if names else {}
        forged = made.but({TAG_POINT: tag(limit, key + index)}, {name: value % ORDER for name, value in values.items()})
        twin.forged("TagBeyondLimit", Step.CHALLENGE, f"use {index} of {limit.uses}", forged.message(encoding))
    other = {
        "the epoch before": Limit(limit.audience, limit.name, TODAY - 1, limit.uses),
        "the epoch after": Limit(limit.audience, limit.name, TODAY + 1, limit.uses),
        "another audience": Limit(limit.audience + "b", limit.name, TODAY, limit.uses),
        "another limit": Limit(limit.audience, "other", TODAY, limit.uses),
        "name and audience run together": Limit(limit.audience + limit.name, "", TODAY, limit.uses),
    }
    for what, of in other.items():
        forged = made.but({TAG_POINT: tag(of, key + scene.use)})
        twin.forged("OtherTag", Step.CHALLENGE, f"a tag of {what}", forged.message(encoding))
    for what, point in {
        "of another holder": tag(limit, 4_004 + scene.use),
        "that is the base": limit.base(curve),
        "that is the generator": curve.BP1,
        "that is the negative of the right one": -made.points[TAG_POINT],
        "of another use than the digits say": tag(limit, key),
    }.items():
        if point != made.points[TAG_POINT]:
            twin.forged("OtherTag", Step.CHALLENGE, f"a tag {what}", made.but({TAG_POINT: point}).message(encoding))
    gone = scene.but(cards={"person": card(curve, secrets=(1_001, 2_002, -scene.use % ORDER))})
    for what, point, step in (
        ("the identity", curve.identity_g1, Step.DECODE),
        ("any point", limit.base(curve), Step.CHALLENGE),
    ):
        careless = {
            "relation__validate_elements": lambda relation: None,
            "proof___encode_points": lambda points, refusal: b"".join([each.to_bytes() for each in points]),
            "proving__use_tag_point": lambda *_, given=point: given,
        }
        with weakened(**careless):
            forged_bytes = gone.prove(encoding)
        twin.forged("NoSuchTag", step, f"use_key + i = 0, with {what} for a tag", forged_bytes)


def sums(twin: Twin) -> None:
    """Less than the threshold."""
    curve, encoding, slot = twin.scene.curve, twin.encoding, "standing"
    (inequality,) = twin.scene.stated.plan.inequalities
    names, weighed = bit_names("sum.0", inequality.width), weights(inequality.width)
    for evidence, events in ((11_999, 2_000), (0, 0), (0, (1 << 24) - 1)):
        below = (evidence - 5 * events - inequality.threshold) % ORDER
        poor = card(curve, STANDING_1, evidence_milli=evidence, events_milli=events)
        scene = twin.scene.but(cards={slot: poor})
        what = f"{evidence} - 5·{events}"
        bent = {**dict.fromkeys(names, 0), names[0]: below * pow(weighed[0], -1, ORDER) % ORDER}
        made = told(scene, encoding, at_least_values=bent)
        twin.forged("DigitNotBoolean", Step.CHALLENGE, f"one digit makes up for {what}", made)
        bent = {**dict.fromkeys(names, 0), names[-1]: below}
        made = told(scene, encoding, at_least_values=bent)
        twin.forged("InequalityNegative", Step.CHALLENGE, f"{what} is below, with minus the rest as a digit", made)
        made = told(scene, encoding, at_least_values=dict.fromkeys(names, 0))
        twin.forged("InequalityNegative", Step.CHALLENGE, f"{what} is said to be the threshold", made)


def commitments(twin: Twin) -> None:
    """B over other variables than those that are answered for."""
    made, encoding = parts(twin.scene.subject), twin.encoding
    bound = made.compiled.template.bound
    for name in (*bound[:2], bound[-1]):
        other = made.compiled.template.commit(twin.scene.curve, {**made.values, name: (made.values[name] + 1) % ORDER})
        twin.forged(
            "OutsideCommitment", Step.CHALLENGE, f"B is of another {name}", made.but({COMMITMENT: other}).message(encoding)
        )
        without = made.compiled.template.commit(twin.scene.curve, {**made.values, name: 0})
        if without != made.points[COMMITMENT]:
            forged = made.but({COMMITMENT: without}).message(encoding)
            twin.forged("OutsideCommitment", Step.CHALLENGE, f"B leaves {name} out", forged)
    for number in (0, 5):
        sent = made.but(values={"bind.beta": number}).points[COMMITMENT]
        forged = made.but({COMMITMENT: sent}).message(encoding)
        twin.forged("OutsideCommitment", Step.CHALLENGE, f"B is blinded by {number} and answered for otherwise", forged)
