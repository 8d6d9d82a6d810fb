"""Is a use taken once, from those that are left, and nothing that might be shown again ever forgotten without saying so?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from credence.circuits.encoding import Rng
from credence.circuits.errors import Malformed
from credence.circuits.policy.language import LimitAsk
from credence.sdk import uses as module
from credence.sdk.contents import Contents, RootSecret
from credence.sdk.errors import VaultTampered, WalletError
from credence.sdk.uses import KEPT, MAX_EPOCHS, Taken, Uses
from tests.sdk.small_service import NOW, VENUE

DAY = 86_400
EPOCH = NOW // DAY
END = (EPOCH + 1) * DAY
LIMIT = LimitAsk("person", "open", "day", 3)
HOURLY = LimitAsk("person", "open", "hour", 3)


def always(number: int) -> Rng:
    return lambda count: number.to_bytes(count, "little")


def test_any_use_that_is_left_may_be_next(rng: Rng) -> None:
    firsts = {Uses().take(VENUE, LIMIT, NOW, NOW, always(number))[0] for number in range(3)}
    assert firsts == {0, 1, 2}
    uses, seen = Uses(), set()
    for left in (3, 2, 1):
        assert uses.missing(VENUE, LIMIT, NOW, NOW) is None
        number, uses = uses.take(VENUE, LIMIT, NOW, NOW, rng)
        seen.add(number)
        assert len(uses.taken) == 1
        assert len(uses.taken[0].numbers) == 4 - left
    assert seen == {0, 1, 2}
    assert uses.missing(VENUE, LIMIT, NOW, NOW) == "a use of open that is left in this day"
    with pytest.raises(WalletError, match="no use of open"):
        uses.take(VENUE, LIMIT, NOW, NOW, rng)


def test_a_limit_that_grows_or_shrinks_shows_no_use_twice(rng: Rng) -> None:
    uses = Uses((Taken(VENUE, "open", EPOCH, END, (2, 4)),))
    assert uses.take(VENUE, replace(LIMIT, uses=1), NOW, NOW, rng)[0] == 0
    number, uses = uses.take(VENUE, replace(LIMIT, uses=5), NOW, NOW, always(2))
    assert (number, uses.taken[0].numbers) == (3, (2, 3, 4))


def test_every_audience_limit_and_epoch_is_by_itself(rng: Rng) -> None:
    _, uses = Uses().take(VENUE, LIMIT, NOW, NOW, rng)
    for audience, limit, at in (("other", LIMIT, NOW), (VENUE, HOURLY, NOW), (VENUE, LIMIT, NOW + DAY)):
        _, uses = uses.take(audience, limit, at, NOW, rng)
    assert [len(taken.numbers) for taken in uses.taken] == [1, 1, 1, 1]
    assert {taken.ends_at for taken in uses.taken} == {END, END + DAY, (NOW // 3_600 + 1) * 3_600}


def test_what_is_over_for_a_month_is_forgotten_and_not_guessed_at(rng: Rng) -> None:
    other = replace(LIMIT, name="other")
    _, uses = Uses().take(VENUE, LIMIT, NOW, NOW, rng)
    _, kept = uses.take(VENUE, other, END, END + KEPT - 1, rng)
    assert (len(kept.taken), kept.forgotten) == (2, 0)
    assert kept.missing(VENUE, LIMIT, NOW, NOW) is None
    _, gone = uses.take(VENUE, other, END, END + KEPT, rng)
    assert (len(gone.taken), gone.forgotten) == (1, END)
    for each in (LIMIT, other, HOURLY):  # whatever was used in those times
        reason = gone.missing(VENUE, each, NOW, NOW)
        assert reason is not None
        assert "forgotten" in reason
        with pytest.raises(WalletError, match="forgotten"):
            gone.take(VENUE, each, NOW, NOW, rng)
        assert gone.missing(VENUE, each, END, NOW) is None
    _, later = gone.take("another", LIMIT, END + 5, END + KEPT, rng)
    assert later.forgotten == END


def test_more_than_can_be_kept_is_refused_rather_than_forgotten(rng: Rng, monkeypatch: pytest.MonkeyPatch) -> None:
    full = Uses(tuple(Taken(f"v/{number}", "open", EPOCH, END, (0,)) for number in range(MAX_EPOCHS)))
    assert full.missing(VENUE, LIMIT, NOW, NOW) == "a use of open: this wallet remembers as many uses as it can"
    with pytest.raises(WalletError, match="as many uses as it can"):
        full.take(VENUE, LIMIT, NOW, NOW, rng)
    assert full.missing("v/0", LIMIT, NOW, NOW) is None
    assert len(Uses(full.taken[1:]).take(VENUE, LIMIT, NOW, NOW, rng)[1].taken) == MAX_EPOCHS
    assert len(full.take(VENUE, LIMIT, END + KEPT, END + KEPT, rng)[1].taken) == 1
    monkeypatch.setattr(module, "MAX_TAKEN", MAX_EPOCHS)
    assert full.missing("v/0", LIMIT, NOW, NOW) == "a use of open: this wallet remembers as many uses as it can"
    assert Uses(full.taken[1:]).missing("v/1", LIMIT, NOW, NOW) is None


def test_a_vault_keeps_what_was_taken(rng: Rng) -> None:
    _, uses = Uses(forgotten=17).take(VENUE, LIMIT, NOW, NOW, rng)
    contents = Contents(RootSecret(bytes(32)), uses=uses)
    assert Contents.decode(contents.encode()) == contents
    assert Uses.parse(uses.to_json()) == uses
    for wrong in ([], {"taken": []}, {"taken": [{**uses.taken[0].to_json(), "numbers": [65_536]}], "forgotten": 0}):
        with pytest.raises(Malformed):
            Uses.parse(wrong)
    with pytest.raises(VaultTampered):
        Contents.decode(contents.encode().replace(b'"forgotten":17', b'"forgotten":-1'))
