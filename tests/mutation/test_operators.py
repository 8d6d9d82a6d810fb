"""Are all the small changes made, each alone, and is every explanation about one of them?"""

from __future__ import annotations

import ast

import pytest

from tests.conftest import ROOT
from tests.mutation.__main__ import of
from tests.mutation.operators import mutants
from tests.mutation.survivors import explained
from tests.mutation.targets import TARGETS, Target

SOURCE = '''
LIMIT: Final = 1 << 4

@lru_cache(maxsize=8)
def judge(count: int, other: int = 3) -> bytes:
    """Say 5."""
    if not 0 < count <= LIMIT:
        raise IllFormed("over 16")
    check(count, other)
    return lp(b"a") + lp(b"b")

class Door:
    def open(self, data: bytes) -> int:
        return max(len(data), 1) if data and self.ready else -1

def prove(count: int) -> int:
    return count + 1
'''
EXPECTED = {
    "module: 1 << 4 -> 1 >> 4",
    "module: 4 -> 5",
    "judge: 3 -> 4",
    "judge: if not 0 < count <= LIMIT: raise IllFormed('over 16') -> pass",
    "judge: not 0 < count <= LIMIT -> 0 < count <= LIMIT",
    "judge: 0 < count <= LIMIT -> 0 <= count <= LIMIT",
    "judge: 0 < count <= LIMIT -> 0 < count < LIMIT",
    "judge: 0 < count <= LIMIT -> 0 < count",
    "judge: check(count, other) -> pass",
    "judge: check(count, other) -> check(other, count)",
    "judge: lp(b'a') + lp(b'b') -> lp(b'b')",
    "judge: lp(b'a') + lp(b'b') -> lp(b'a') - lp(b'b')",
    "judge: b'a' -> b''",
    "Door.open: data and self.ready -> data or self.ready",
    "Door.open: data and self.ready -> self.ready",
    "Door.open: -1 -> 1",
    "Door.open: max(len(data), 1) -> min(len(data), 1)",
}


def names(source: str) -> set[str]:
    return {mutant.name.removeprefix("door.py ") for mutant in mutants(source, "door.py", ("prove",))}


def test_each_place_is_made_wrong_and_what_is_no_code_is_not() -> None:
    found = names(SOURCE)
    assert found >= EXPECTED
    assert not [name for name in found if "8" in name or "5." in name or "prove" in name or "over 17" in name]


def test_a_mutant_differs_from_the_module_in_its_change_alone() -> None:
    whole = ast.unparse(ast.parse(SOURCE))
    for mutant in mutants(SOURCE, "door.py"):
        changed = mutant.tree(SOURCE)
        compile(changed, "door.py", "exec")
        assert ast.unparse(changed) != whole
    (negated,) = [each for each in mutants(SOURCE, "door.py") if each.name.endswith("LIMIT -> 0 < count")]
    assert ast.unparse(negated.tree(SOURCE)) == whole.replace("0 < count <= LIMIT", "0 < count")


def test_equal_changes_of_one_function_are_told_apart() -> None:
    found = names("def twice(a: int) -> int:\n    return f(a == 1) or g(a == 1)\n")
    assert {"twice: a == 1 -> a != 1", "twice: a == 1 -> a != 1 #2"} <= found


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.module)
def test_every_target_and_every_explanation_of_it_is_there(target: Target) -> None:
    found = [mutant.name for mutant in of(ROOT, target)]
    assert found
    assert len(set(found)) == len(found)
    assert all((ROOT / path).is_file() for path in target.test_paths)
    source = (ROOT / target.path).read_text()
    functions = {node.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    assert {name.rpartition(".")[2] for name in target.prover} <= functions
    reasons = {name for name in explained() if name.startswith(f"{target.module} ")}
    assert reasons <= set(found)


def test_every_explanation_is_of_a_target() -> None:
    assert {name.split(" ", 1)[0] for name in explained()} <= {target.module for target in TARGETS}
    assert all(len(reason) > 20 for reason in explained().values())
