"""Mutants: a module with one thing in it changed, put into the running program, to see who notices.

A mutant changes a comparison, a boolean operator, a constant, a condition, an element, what is returned, or leaves a
statement out. It is called by what it changes, so that one that changes nothing can be listed by its name."""

from __future__ import annotations

import ast
import contextlib
import copy
import importlib
import inspect
import os
import random
import select
import signal
import sys
import types
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pytest

from tests.support.access import PRINCIPALS
from tests.support.addresses import declared
from tests.support.matrix import Matrix

COMPARED: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
CALLED: Final = {"true": "false", "false": "true", "or_": "and_", "and_": "or_", "any": "all", "all": "any"}
CONDITIONS: Final = frozenset({"where", "or_", "and_"})
"""Calls each argument of which is a condition that may be forgotten."""
STEPS: Final = frozenset({"where", "order_by", "with_for_update", "limit", "astimezone"})
"""Methods of a chain that may be forgotten."""

Made = Iterator[ast.AST]


@dataclass(frozen=True)
class Mutant:
    """`path` leads from the module's tree to the node that is another; `within` is the function that it is in, or the
    name that a value of the module has."""

    module: str
    name: str
    within: str
    path: tuple[tuple[str, int | None], ...]
    node: ast.AST

    def tree(self) -> ast.Module:
        """The module with this change."""
        tree = parsed(self.module)
        *way, (last, place) = self.path
        at: Any = tree
        for field, index in way:
            at = getattr(at, field) if index is None else getattr(at, field)[index]
        if place is None:
            setattr(at, last, copy.deepcopy(self.node))
        else:
            getattr(at, last)[place] = copy.deepcopy(self.node)
        return ast.fix_missing_locations(tree)


def parsed(module: str) -> ast.Module:
    return ast.parse(inspect.getsource(importlib.import_module(module)))


def mutants(module: str) -> list[Mutant]:
    """All of a module, in the order of its lines. What is declared in classes, by annotations, decorators and defaults
    is left alone: it is read once, when the program starts."""
    found: list[Mutant] = []
    count: Counter[str] = Counter()
    for number, node in enumerate(parsed(module).body):
        for within, path, inside in _mutable(node, (("body", number),)):
            changes = [*_changes(inside, path), *((path, inside, new) for new in _roles(within))]
            for place, old, new in {(place, ast.dump(new)): (place, old, new) for place, old, new in changes}.values():
                if ast.dump(old) != ast.dump(new):
                    name = f"{within}: {_said(old)} → {_said(new)}"
                    count[name] += 1
                    number_of = f" ({count[name]})" if count[name] > 1 else ""
                    found.append(Mutant(module, name + number_of, within, place, new))
    return found


def _mutable(node: ast.stmt, path: Any, outer: str = "") -> Iterator[tuple[str, Any, ast.AST]]:
    """The bodies of functions and the values of the module: (whose, path, node)."""
    if isinstance(node, ast.FunctionDef):
        for number, statement in enumerate(node.body):
            if not (number == 0 and _is_text(statement)):
                yield outer + node.name, (*path, ("body", number)), statement
    elif isinstance(node, ast.ClassDef):
        for number, statement in enumerate(node.body):
            if isinstance(statement, ast.FunctionDef):
                yield from _mutable(statement, (*path, ("body", number)), f"{node.name}.")
    elif isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None and not outer:
        yield from _values(_target(node), (*path, ("value", None)), node.value)


def _target(node: ast.Assign | ast.AnnAssign) -> str:
    return ast.unparse(node.targets[0] if isinstance(node, ast.Assign) else node.target)


def _values(name: str, path: Any, value: ast.expr) -> Iterator[tuple[str, Any, ast.AST]]:
    """A value of the module; of a table each entry for itself."""
    if not isinstance(value, ast.Dict):
        yield name, path, value
        return
    for number, (key, entry) in enumerate(zip(value.keys, value.values, strict=True)):
        yield f"{name}[{ast.unparse(key) if key else '**'}]", (*path, ("values", number)), entry


def _roles(within: str) -> Made:
    """Of an entry in the table of who may what: every role, and none."""
    if within.startswith("ALLOWED["):
        yield from (ast.parse(roles, mode="eval").body for roles in ("EVERYONE", "frozenset()"))


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _said(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 90 else f"{text[:60]} … {text[-25:]}"


def _changes(node: ast.AST, path: Any) -> Iterator[tuple[Any, ast.AST, ast.AST]]:
    for new in _variants(node):
        yield path, node, new
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list", "ctx", "op", "ops", "keywords"):
            if field == "keywords":
                for number, keyword in enumerate(value):
                    yield from _changes(keyword.value, (*path, (field, number), ("value", None)))
            continue
        for number, part in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(part, ast.AST):
                yield from _changes(part, (*path, (field, number)))


def _variants(node: ast.AST) -> Made:
    make = _BY_KIND.get(type(node))
    if make is not None:
        yield from make(node)


def _with(node: Any, **fields: Any) -> Any:
    made = copy.deepcopy(node)
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def _compare(node: ast.Compare) -> Made:
    if len(node.ops) == 1:
        yield _with(node, ops=[COMPARED[type(node.ops[0])]()])


def _bool(node: ast.BoolOp) -> Made:
    yield _with(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())
    if len(node.values) == 2:
        yield from (node.values[1], node.values[0])
    else:
        yield from (_without(node, "values", number) for number in range(len(node.values)))


def _without(node: Any, field: str, number: int) -> Any:
    return _with(node, **{field: [one for at, one in enumerate(getattr(node, field)) if at != number]})


def _unary(node: ast.UnaryOp) -> Made:
    if isinstance(node.op, (ast.Not, ast.Invert)):
        yield node.operand


def _constant(node: ast.Constant) -> Made:
    if isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node.value, int):
        yield ast.Constant(node.value + 1)
    elif isinstance(node.value, str):
        yield ast.Constant(node.value + "x")
    elif isinstance(node.value, bytes):
        yield ast.Constant(node.value + b"x")


def _if(node: ast.If | ast.IfExp) -> Made:
    yield from (_with(node, test=ast.Constant(value)) for value in (True, False))


def _return(node: ast.Return) -> Made:
    if node.value is not None and not (isinstance(node.value, ast.Constant) and node.value.value is None):
        yield ast.Return(ast.Constant(None))


def _call(node: ast.Call) -> Made:
    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    if isinstance(node.func, ast.Name) and name in CALLED:
        yield _with(node, func=ast.Name(CALLED[name], ast.Load()))
    if name in CONDITIONS and len(node.args) > 1:
        yield from (_without(node, "args", number) for number in range(len(node.args)))
    if name in STEPS and isinstance(node.func, ast.Attribute):
        yield node.func.value
    if name == "frozenset" and node.args:
        yield ast.Call(ast.Name("frozenset", ast.Load()), [], [])


def _elements(node: ast.Set | ast.Tuple | ast.List) -> Made:
    if isinstance(getattr(node, "ctx", None), ast.Store) or len(node.elts) < 2:
        return
    yield from (_without(node, "elts", number) for number in range(len(node.elts)))


def _binary(node: ast.BinOp) -> Made:
    if isinstance(node.op, (ast.Add, ast.BitOr, ast.Sub)):
        yield from (node.left, node.right)


def _comprehension(node: ast.comprehension) -> Made:
    yield from (_without(node, "ifs", number) for number in range(len(node.ifs)))


def _statement(node: ast.Expr) -> Made:
    if isinstance(node.value, ast.Call):
        yield ast.Pass()


_BY_KIND: Final[dict[type[ast.AST], Callable[[Any], Made]]] = {
    ast.Compare: _compare,
    ast.BoolOp: _bool,
    ast.UnaryOp: _unary,
    ast.Constant: _constant,
    ast.If: _if,
    ast.IfExp: _if,
    ast.Return: _return,
    ast.Call: _call,
    ast.Set: _elements,
    ast.Tuple: _elements,
    ast.List: _elements,
    ast.BinOp: _binary,
    ast.comprehension: _comprehension,
    ast.Expr: _statement,
}


# To put one in, and to see who notices


def put_in(mutant: Mutant) -> None:
    """From now on the program runs with this change, wherever its parts are already held. A function keeps its
    identity and gets another code; a value of the module, and those after it that may come of it, are made anew."""
    module = importlib.import_module(mutant.module)
    tree = mutant.tree()
    if _function(module, mutant.within) is not None:
        _give(module, mutant.within, compile(tree, str(module.__file__), "exec", dont_inherit=True))
        return
    for statement in tree.body[mutant.path[0][1] :]:
        if isinstance(statement, (ast.Assign, ast.AnnAssign)) and statement.value is not None:
            value = eval(compile(ast.Expression(statement.value), "mutant", "eval"), vars(module))
            _replace(module, _target(statement), value)


def _function(module: types.ModuleType, name: str) -> Any:
    at: Any = module
    for part in name.split("."):
        at = getattr(at, part, None)
    return at if callable(at) and hasattr(inspect.unwrap(at), "__code__") else None


def _give(module: types.ModuleType, name: str, code: types.CodeType) -> None:
    known = _function(module, name)
    inspect.unwrap(known).__code__ = next(one for one in _codes(code) if one.co_qualname == name)
    if hasattr(known, "cache_clear"):
        known.cache_clear()


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    for one in code.co_consts:
        if isinstance(one, types.CodeType):
            yield one
            yield from _codes(one)


def _replace(module: types.ModuleType, name: str, value: Any) -> None:
    old = vars(module)[name]
    if isinstance(old, dict):
        old.clear()
        old.update(value)
        return
    for other in [one for key, one in sys.modules.items() if key.partition(".")[0] == "inspection"]:
        if vars(other).get(name) is old:
            setattr(other, name, value)


Judge = Callable[[Mutant | None], bool]
"""Whether somebody notices; of None, the program as it is, nobody does."""


def noticed(mutant: Mutant, judges: Sequence[Judge], seconds: int = 600) -> bool:
    """Whether any of these notices, in a process of its own; who comes to no end, or to a bad one, is noticed."""
    child = os.fork()
    if child == 0:
        found = True
        with contextlib.suppress(BaseException):
            quiet = os.open(os.devnull, os.O_WRONLY)
            os.dup2(quiet, 1)
            os.dup2(quiet, 2)
            put_in(mutant)
            found = any(judge(mutant) for judge in judges)
        os._exit(int(found))
    ready = select.poll()
    with open(os.pidfd_open(child)) as handle:
        ready.register(handle, select.POLLIN)
        if not ready.poll(seconds * 1000):
            os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1] != 0


def by_tests(*files: str, only: str = "") -> Judge:
    """These tests, run where the mutant is."""

    def judge(_: Mutant | None) -> bool:
        quietly = ("-q", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning")
        return pytest.main([*quietly, "-x", "-k", only, *files]) != 0

    return judge


def by_matrix(matrix: Matrix, people: Sequence[str | None] = PRINCIPALS) -> Judge:
    """Every question to these people, those first that are about the permission which the mutant is about."""
    permissions = {(method, path): permission for method, path, permission in declared()}
    cells = [cell for who in people for cell in matrix.cells(who, thorough=False)]
    random.Random(1).shuffle(cells)

    def judge(mutant: Mutant | None) -> bool:
        matrix.rows.restore()
        name = mutant.within if mutant is not None else ""
        for cell in sorted(cells, key=lambda cell: permissions[cell.method, cell.path] not in name):
            matrix.ask(cell)
            if matrix.faults:
                return True
        matrix.rows.let_go()
        return False

    return judge
