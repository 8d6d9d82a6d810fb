"""Does a plan refuse each thing that no statement can be about, on its own?

Every refused slot or plan differs in one thing from :data:`SLOT` or :data:`PLAN`, the accepted twins.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from credence.circuits.composite.plan import MAX_CREDENTIALS, Plan, Slot
from credence.circuits.credential import HOLDER_SECRETS, PERSON_1, STANDING_1
from credence.circuits.errors import IllFormed, Step
from credence.circuits.predicates.inequality import Inequality, Summand
from credence.circuits.predicates.range import Interval
from tests.circuits.composite.subjects import SUITE

SLOT = Slot(
    "person",
    PERSON_1,
    SUITE,
    5,
    disclosed=(("kyc_ge_1", 1), ("kyc_ge_2", 0)),
    ranges=(("birth_date", Interval(0, 14_203)),),
    inside=(("residence", (250, 276)),),
    outside=(("nationality", (364, 408)),),
)
STANDING = Slot("standing", STANDING_1, SUITE, 7)
RESETS = Summand(1, "c.person.m.resets", 0, 65_535)
PLAN = Plan((SLOT, STANDING), ("person", "standing"), "person", "person", 16, "person", (Inequality((RESETS,), 3),))


def refusal(accepted: Slot | Plan, **change: Any) -> str:
    with pytest.raises(IllFormed) as error:
        replace(accepted, **change)
    assert error.value.step is Step.INSTANCE
    return error.value.reason


# --- a slot ---


@pytest.mark.parametrize("holder", [(), HOLDER_SECRETS[:2], HOLDER_SECRETS[::-1]], ids=["none", "one less", "turned round"])
def test_every_schema_has_the_holder_s_secrets(holder: Any) -> None:
    Slot("person", replace(PERSON_1, holder=HOLDER_SECRETS), SUITE, 5)
    found = refusal(Slot("person", PERSON_1, SUITE, 5), schema=replace(PERSON_1, holder=holder))
    assert "holder's secrets" in found


SAID: dict[str, Any] = {"disclosed": 1, "ranges": Interval(0, 1), "inside": (1, 2), "outside": (1, 2)}


@pytest.mark.parametrize("field", SAID)
def test_what_is_said_is_of_an_attribute_of_the_schema_and_said_once(field: str) -> None:
    bare, said = Slot("person", PERSON_1, SUITE, 5), SAID[field]
    accepted: dict[str, Any] = {field: (("resets", said), ("kind", said))}
    replace(bare, **accepted)
    for names in (("shoe_size",), ("resets", "shoe_size"), ("resets", "resets"), ("blind_factor",)):
        assert "twice" in refusal(bare, **{field: tuple((name, said) for name in names)})


@pytest.mark.parametrize("field", ["ranges", "inside", "outside"])
@pytest.mark.parametrize("attribute", ["kyc_ge_2", "revocation_handle", "subject_handle", "holder_secret", "use_key"])
def test_a_predicate_is_of_a_hidden_attribute_that_identifies_nobody(field: str, attribute: str) -> None:
    shown = Slot("person", PERSON_1, SUITE, 5, disclosed=(("kyc_ge_2", 1),))
    accepted: dict[str, Any] = {field: (("kyc_ge_3", SAID[field]),)}
    replace(shown, **accepted)
    assert "disclosed attribute or a secret" in refusal(shown, **{field: ((attribute, SAID[field]),)})


def test_a_slot_may_say_something_of_every_attribute_but_those() -> None:
    """All that are left, once each: no limit but the schema's."""
    names = [each.name for each in PERSON_1.issuer if each.name not in ("revocation_handle", "subject_handle")]
    open_ = Slot("person", PERSON_1, SUITE, 5, disclosed=tuple((name, 1) for name in names))
    assert dict(open_.domains()) == {}
    assert len(Slot("person", PERSON_1, SUITE, 5, inside=tuple((name, (1, 2)) for name in names)).inside) == len(names)


def test_hidden_attributes_that_may_be_computed_with() -> None:
    """Neither those that are disclosed nor those that identify somebody."""
    left = {each.name for each in PERSON_1.issuer} - {"kyc_ge_1", "kyc_ge_2", "revocation_handle", "subject_handle"}
    assert dict(SLOT.domains()) == {
        f"c.person.m.{each.name}": (each.minimum, each.maximum) for each in PERSON_1.issuer if each.name in left
    }
    assert dict(SLOT.domains())["c.person.m.kind"] == (1, 3)


# --- a plan ---


def slots(count: int) -> tuple[Slot, ...]:
    return tuple(Slot(name, STANDING_1, SUITE, 7) for name in "abcdefghijk"[:count])


def test_one_to_eight_credentials() -> None:
    assert MAX_CREDENTIALS == 8
    for accepted in (1, 8):
        Plan(slots(accepted))
    for count in (0, 9):
        assert "one to eight" in refusal(Plan(slots(8)), slots=slots(count))


def test_credentials_are_in_the_order_of_their_names() -> None:
    a, b = slots(2)
    for wrong in ((b, a), (a, a)):
        assert "order of their names" in refusal(Plan((a, b)), slots=wrong)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"not_revoked": ("standing", "person")}, "order"),
        ({"not_revoked": ("person", "person")}, "once"),
        ({"not_revoked": ("nobody",)}, "not in the plan"),
        ({"pseudonym": "nobody"}, "not in the plan"),
        ({"limited": "nobody"}, "not in the plan"),
        ({"escrow": "nobody"}, "not in the plan"),
        ({"escrow": "standing"}, "without the handle"),  # a standing has no subject's handle
        ({"limited": None}, "rate limit"),
        ({"uses": 0}, "rate limit"),
        ({"uses": -1}, "rate limit"),
        ({"uses": 65_537}, "rate limit"),
    ],
    ids=lambda value: "" if isinstance(value, str) else " ".join(f"{key}={at}" for key, at in value.items()),
)
def test_what_is_asked_is_of_a_credential_that_can_answer(change: dict[str, Any], why: str) -> None:
    assert why in refusal(PLAN, **change)


@pytest.mark.parametrize("uses", [1, 65_536])
def test_as_many_uses_as_a_limit_may_have(uses: int) -> None:
    assert replace(PLAN, uses=uses).form.uses == uses


@pytest.mark.parametrize(
    ("value", "minimum", "maximum"),
    [
        ("c.person.m.resets", 0, 65_534),
        ("c.person.m.resets", 1, 65_535),
        ("c.person.m.kyc_ge_1", 0, 1),  # disclosed
        ("c.person.m.subject_handle", 0, 65_535),
        ("c.nobody.m.resets", 0, 65_535),
        ("c.person.blind_factor", 0, 65_535),
        ("holder_secret", 0, 65_535),
    ],
)
def test_an_inequality_is_over_hidden_values_and_their_own_domains(value: str, minimum: int, maximum: int) -> None:
    """Otherwise the bits of a sum are proved of a value that may wrap around, or of nobody's."""
    kind = Summand(1, "c.person.m.kind", 1, 3)
    replace(PLAN, inequalities=(*PLAN.inequalities, Inequality((kind, RESETS), 3)))
    wrong = Inequality((kind, Summand(1, value, minimum, maximum)), 3)
    assert "no credential hides" in refusal(PLAN, inequalities=(*PLAN.inequalities, wrong))
