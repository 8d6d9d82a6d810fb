"""Does nobody count openings that do not add up, and does a warrant that the public list keeps to itself show?"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from credence.circuits.curve import Curve
from credence.circuits.encoding import b64u
from credence.circuits.warrant import Notice
from credence.sdk.auditor import Auditor
from credence.sdk.errors import BadResponse, InclusionFailed
from credence.sdk.messages import Request, Response
from tests.conftest import SeededBytes
from tests.sdk.small_service import SmallService

FIRST = Notice("authority.example", "an act", "trustees.example/1", 20_000, b"1" * 32)
SECOND = replace(FIRST, warrant=b"2" * 32)
HIDDEN = replace(FIRST, warrant=b"3" * 32)


@dataclass
class Board:
    """A service that lists ``entries`` two at a time, before a log; ``numbers`` are added to what it counts."""

    log: SmallService
    entries: list[dict[str, Any]]
    numbers: tuple[int, int] = (0, 0)
    readings: int = 0
    before: Callable[[int], None] = field(default=lambda _: None)

    def send(self, request: Request) -> Response:
        if request.path != "/v1/auditor/openings":
            return self.log.send(request)
        after = dict(request.query).get("after", "")
        self.readings += not after
        self.before(self.readings)
        listed = sorted(self.entries, key=lambda entry: entry["warrant_id"])
        opened = sum(entry["opening_leaf"] is not None for entry in listed)
        page = [entry for entry in listed if entry["warrant_id"] > after][:2]
        said = {"warrants": len(listed) + self.numbers[0], "openings": opened + self.numbers[1], "page": page}
        return Response(200, {"content-type": "application/json"}, json.dumps(said).encode())


@pytest.fixture
def board(curve: Curve, rng: SeededBytes) -> Board:
    """Three warrants in the log, of which the list has two; the second one was opened."""
    service = SmallService(curve, rng)
    start = service.log.tree.size
    service.log.add(FIRST.leaf(), SECOND.leaf(), SECOND.opening_leaf(), HIDDEN.leaf())
    service.log.publish()
    return Board(service, [entry(FIRST, start), entry(SECOND, start + 1, opening=start + 2)])


def entry(notice: Notice, index: int, opening: int | None = None) -> dict[str, Any]:
    return {
        "warrant_id": b64u(notice.warrant),
        "notice": notice.to_json(),
        "leaf": b64u(notice.leaf()),
        "entry_index": index,
        "shares": 2,
        "threshold": 2,
        "opening_leaf": None if opening is None else b64u(notice.opening_leaf()),
        "opening_index": opening,
    }


@pytest.fixture
def auditor(board: Board) -> Auditor:
    return Auditor(board, board.log.log.signer.vkey)


def test_what_is_listed_is_counted_and_found(auditor: Auditor) -> None:
    found = auditor.openings()
    assert (found.warrants, found.openings, found.waiting) == (2, 1, 0)
    assert auditor.listed(SECOND).opened


def test_a_warrant_in_the_log_and_not_in_the_list_is_noticed_by_whoever_has_it(auditor: Auditor) -> None:
    auditor.inclusion(HIDDEN.leaf())
    with pytest.raises(InclusionFailed, match="list of warrants"):
        auditor.listed(HIDDEN)
    auditor.listed(FIRST)


def test_a_list_that_was_made_for_one_other_notice_does_not_do(board: Board, auditor: Auditor) -> None:
    with pytest.raises(InclusionFailed):
        auditor.listed(replace(FIRST, basis="another act"))
    board.entries[0]["warrant_id"] = b64u(HIDDEN.warrant)  # an id that is not its notice's
    with pytest.raises(BadResponse):
        auditor.listed(HIDDEN)


@pytest.mark.parametrize("numbers", [(1, 0), (-1, 0), (0, 1), (0, -1)])
def test_numbers_that_are_not_the_lists_do_not_stand(board: Board, auditor: Auditor, numbers: tuple[int, int]) -> None:
    board.numbers = numbers
    for ask in (auditor.openings, lambda: auditor.listed(FIRST)):
        board.readings = 0
        with pytest.raises(BadResponse, match="counts other warrants"):
            ask()
        assert board.readings == 3
    board.numbers = (0, 0)
    assert auditor.openings().openings == 1


def test_a_warrant_that_comes_while_the_list_is_read_is_counted_the_next_time(board: Board, auditor: Auditor) -> None:
    pages = 0

    def come(_: int) -> None:
        nonlocal pages
        pages += 1
        if pages == 2:  # behind the first page, and before the last
            board.entries.append(entry(early, 0))

    early = replace(FIRST, warrant=bytes(32))
    board.log.log.add(early.leaf())
    board.log.log.publish()
    index = auditor.inclusion(early.leaf()).index
    board.before = come
    with pytest.raises(InclusionFailed, match="not where the service says"):
        auditor.openings()  # it was read, and is held to its place like the others
    assert board.readings == 2
    board.entries[-1]["entry_index"] = index
    assert auditor.openings().warrants == 3
