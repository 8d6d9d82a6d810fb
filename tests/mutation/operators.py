"""The ways in which a program is made wrong: each is one small change of one place of its syntax tree.

A mutant is known by where it is, what stood there and what stands there now, not by a line number, so that an explanation
outlives the lines above it. Left alone: docstrings, types, decorators, what an error says, fields of dataclasses, and
``strict`` of a ``zip``, which is itself a check of what cannot be.
"""

from __future__ import annotations

import ast
import copy
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

_COMPARISONS: Final[dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
_ARITHMETIC: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.FloorDiv: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
_OPPOSITE: Final = {"any": "all", "all": "any", "min": "max", "max": "min"}
_OF_THEIR_OWN_TYPE: Final = {"curve", "rng", "interface", "reader", "self", "plan", "public", "statement"}
_SHOWN: Final = 160

Step = tuple[str, int | None]
"""A field of a node, and a position where the field is a list."""


@dataclass(frozen=True)
class Mutant:
    """One change. ``where`` is the function, ``nth`` counts equal changes in one function, from 1."""

    path: str
    where: str
    was: str
    becomes: str
    nth: int
    line: int
    in_body: bool
    """Whether it changes what a function does, and nothing that is made when the module is loaded."""
    place: tuple[Step, ...] = field(repr=False)
    change: ast.AST | None = field(repr=False, compare=False)

    @property
    def name(self) -> str:
        """What an explanation says of it."""
        again = f" #{self.nth}" if self.nth > 1 else ""
        return f"{self.path} {self.where}: {self.was} -> {self.becomes}{again}"

    def tree(self, source: str) -> ast.Module:
        """The whole module with this change in it."""
        module = ast.parse(source)
        *above, (name, at) = self.place
        node: Any = module
        for step in above:
            node = _at(node, step)
        if at is None:
            setattr(node, name, copy.deepcopy(self.change))
        elif self.change is None:
            del getattr(node, name)[at]
        else:
            getattr(node, name)[at] = copy.deepcopy(self.change)
        return ast.fix_missing_locations(module)


def _at(node: Any, step: Step) -> Any:
    name, at = step
    found = getattr(node, name)
    return found if at is None else found[at]


def mutants(source: str, path: str, left_out: Sequence[str] = ()) -> list[Mutant]:
    """Every mutant of a module, in the order of its lines; of the functions ``left_out``, by qualified name, none."""
    found, seen = [], Counter[tuple[str, str, str]]()
    top = _Position((), "module", in_body=False)
    for where, in_body, place, node, change in _changes(ast.parse(source), top, frozenset(left_out)):
        was, becomes = _words(node), "nothing" if change is None else _words(change)
        if was != becomes:
            seen[where, was, becomes] += 1
            found.append(Mutant(path, where, was, becomes, seen[where, was, becomes], _line(node), in_body, place, change))
    return found


def _line(node: ast.AST) -> int:
    return getattr(node, "lineno", 0)


def _words(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


@dataclass(frozen=True)
class _Position:
    place: tuple[Step, ...]
    where: str
    in_body: bool

    def below(self, node: ast.AST, step: Step, child: ast.AST) -> _Position:
        where = self.where
        if isinstance(child, ast.FunctionDef | ast.ClassDef):
            where = child.name if where == "module" else f"{where}.{child.name}"
        in_body = self.in_body or (isinstance(node, ast.FunctionDef) and step[0] == "body")
        return _Position((*self.place, step), where, in_body=in_body)


_Change = tuple[str, bool, tuple[Step, ...], ast.AST, ast.AST | None]


def _changes(node: ast.AST, at: _Position, left_out: frozenset[str]) -> Iterator[_Change]:
    """Changes of the nodes below ``node``."""
    for name, value in ast.iter_fields(node):
        if _is_left_alone(node, name):
            continue
        for number, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if not isinstance(child, ast.AST) or _is_untouched(child):
                continue
            below = at.below(node, (name, number), child)
            if below.where in left_out:
                continue
            for change in _replacements(child):
                yield below.where, below.in_body, below.place, child, change
            for step, was, dropped in _droppings(child):
                yield below.where, below.in_body, (*below.place, step), was, dropped
            yield from _changes(child, below, left_out)


def _is_left_alone(node: ast.AST, name: str) -> bool:
    if name in ("decorator_list", "annotation", "returns", "type_params", "ctx", "bases"):
        return True
    if isinstance(node, ast.AnnAssign):
        called = isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Name) and node.value.func.id
        return called == "field"
    return (isinstance(node, ast.Call) and name == "func") or isinstance(node, ast.Import | ast.ImportFrom)


def _is_untouched(node: ast.AST) -> bool:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Subscript) and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id.lstrip("_")[:1].isupper()  # the name of a type
    return isinstance(node, ast.Raise | ast.JoinedStr) or _is_strict(node)


def _is_strict(node: ast.AST) -> bool:
    return isinstance(node, ast.keyword) and node.arg == "strict"


def _replacements(node: ast.AST) -> Iterator[ast.AST]:
    """What may stand in a node's place."""
    match node:
        case ast.Compare():
            yield from _compared(node)
        case ast.BoolOp(op=op, values=values):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
            for at in range(len(values)):
                left = [*values[:at], *values[at + 1 :]]
                yield left[0] if len(left) == 1 else ast.BoolOp(op, left)
        case ast.BinOp(left=left, op=op, right=right):
            if type(op) in _ARITHMETIC:
                yield ast.BinOp(left, _ARITHMETIC[type(op)](), right)
            yield left
            yield right
        case ast.UnaryOp(op=ast.USub() | ast.Not(), operand=operand):
            yield operand
        case ast.IfExp(test=test, body=body, orelse=orelse):
            yield body
            yield orelse
            if not _is_one_comparison(test):
                yield ast.IfExp(_negated(test), body, orelse)
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value)):
            yield ast.Constant(value + 1)
            if value:
                yield ast.Constant(value - 1)
        case ast.Constant(value=bytes(value)) if value:
            yield ast.Constant(b"")
        case ast.If(test=test, body=body, orelse=orelse):
            if not orelse:
                yield ast.Pass()
            if not _is_one_comparison(test):
                yield ast.If(_negated(test), body, orelse)
        case ast.While(test=test, body=body, orelse=orelse):
            yield ast.While(_negated(test), body, orelse)
        case ast.Expr(value=ast.Call() | ast.Yield() | ast.YieldFrom()) | ast.AugAssign() | ast.For():
            yield ast.Pass()
        case ast.Assign(targets=[ast.Subscript() | ast.Attribute()]):
            yield ast.Pass()
        case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords) if name in _OPPOSITE:
            yield ast.Call(ast.Name(_OPPOSITE[name], ast.Load()), args, keywords)
        case ast.Call(func=func, args=args, keywords=keywords):
            for at in range(len(args) - 1):
                if _are_alike(args[at], args[at + 1]):
                    yield ast.Call(func, [*args[:at], args[at + 1], args[at], *args[at + 2 :]], keywords)
        case ast.Slice(lower=lower, upper=upper):
            if lower is not None:
                yield ast.Slice(None, upper)
            if upper is not None:
                yield ast.Slice(lower, None)


def _are_alike(first: ast.expr, second: ast.expr) -> bool:
    """Whether a type checker could overlook that two arguments changed places."""
    return type(first) is type(second) and not {ast.unparse(first), ast.unparse(second)} & _OF_THEIR_OWN_TYPE


def _compared(node: ast.Compare) -> Iterator[ast.AST]:
    for at, op in enumerate(node.ops):
        for other in _COMPARISONS[type(op)]:
            yield ast.Compare(node.left, [*node.ops[:at], other(), *node.ops[at + 1 :]], node.comparators)
    if len(node.ops) == 2:
        yield ast.Compare(node.left, node.ops[:1], node.comparators[:1])
        yield ast.Compare(node.comparators[0], node.ops[1:], node.comparators[1:])


def _negated(test: ast.expr) -> ast.expr:
    return ast.UnaryOp(ast.Not(), test)


def _is_one_comparison(test: ast.expr) -> bool:
    """Whose opposite is among the changes of the comparison itself."""
    return isinstance(test, ast.Compare) and len(test.ops) == 1


def _droppings(node: ast.AST) -> Iterator[tuple[Step, ast.AST, ast.AST | None]]:
    """Elements, conditions, arguments that are left out, and neighbours that change places."""
    match node:
        case ast.Tuple(elts=elements, ctx=ast.Load()) | ast.List(elts=elements, ctx=ast.Load()) | ast.Set(elts=elements):
            for at, element in enumerate(elements):
                yield ("elts", at), element, None
        case ast.Call(keywords=keywords):
            for at, keyword in enumerate(keywords):
                if not _is_strict(keyword):
                    yield ("keywords", at), keyword, None
        case ast.comprehension(ifs=conditions):
            for at, condition in enumerate(conditions):
                yield ("ifs", at), condition, None
                if not _is_one_comparison(condition):
                    yield ("ifs", at), condition, _negated(condition)
