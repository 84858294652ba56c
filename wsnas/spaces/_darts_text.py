"""Reads architectures of DARTS from compact strings and, both ways, from the authors' Genotype."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from wsnas.errors import InputError, show
from wsnas.spaces._darts_cell import (
    CODES,
    CONCAT_ALL,
    NODES,
    OPERATIONS,
    DartsArchitecture,
    DartsCell,
    Pair,
    loose_ends,
    make_cell,
)

_PAIR = re.compile(r"([a-z0-9]{2})-([0-4])")


class Genotype(NamedTuple):
    """The form in which DARTS and its successors publish architectures."""

    normal: list[tuple[str, int]]
    normal_concat: list[int]
    reduce: list[tuple[str, int]]
    reduce_concat: list[int]


def parse_architecture(text: str) -> DartsArchitecture:
    """Read the compact string or the text of a Genotype."""
    stripped = text.strip()
    if stripped.startswith("Genotype"):
        return from_genotype(_read_genotype(stripped))
    normal, plus, reduction = stripped.partition("+")
    if not (normal.startswith("n:") and plus and reduction.startswith("r:")):
        raise InputError(
            f"darts architecture {show(text)} is neither n:CELL+r:CELL, a cell being"
            " op-input.op-input|..|..|.., nor Genotype(normal=[(op, input), ..], normal_concat=..,"
            " reduce=.., reduce_concat=..)"
        )
    return DartsArchitecture(_parse_cell(normal[2:], text), _parse_cell(reduction[2:], text))


def to_genotype(architecture: DartsArchitecture) -> Genotype:
    """Return the architecture as a Genotype."""
    return Genotype(
        normal=_named_pairs(architecture.normal),
        normal_concat=list(architecture.normal.concat),
        reduce=_named_pairs(architecture.reduction),
        reduce_concat=list(architecture.reduction.concat),
    )


def from_genotype(genotype: Any) -> DartsArchitecture:
    """Read a Genotype: any namedtuple with its four fields, or a mapping as JSON has it.

    Raises:
        InputError: the genotype is no architecture of the space.
    """
    if isinstance(genotype, Mapping):
        fields = genotype
    else:
        fields = {name: getattr(genotype, name) for name in Genotype._fields if hasattr(genotype, name)}
    missing = [name for name in Genotype._fields if name not in fields]
    if missing:
        raise InputError(f"darts genotype {show(genotype)} has no {', '.join(missing)}")
    return DartsArchitecture(
        _cell_of_genotype(fields["normal"], fields["normal_concat"], "normal"),
        _cell_of_genotype(fields["reduce"], fields["reduce_concat"], "reduce"),
    )


def _pair(operation: str, source: object, node: int, shown: str) -> Pair:
    """Return the pair of an operation's name and the node it reads; `InputError` where there is none."""
    if operation == "none":
        raise InputError(f"{shown}: 'none' is no operation of an architecture; node {node} has two others")
    if operation not in OPERATIONS:
        raise InputError(f"{shown}: {show(operation)} is none of {', '.join(OPERATIONS)}")
    if type(source) is not int or not 0 <= source < node:
        raise InputError(f"{shown}: node {node} reads {show(source)}, which is none of 0 to {node - 1}")
    return OPERATIONS.index(operation), source


def _parse_cell(cell: str, text: str) -> DartsCell:
    shown = f"darts architecture {show(text)}"
    nodes = cell.removesuffix(CONCAT_ALL).split("|")
    if len(nodes) != len(NODES):
        raise InputError(f"{shown}: a cell has {len(NODES)} nodes, not {len(nodes)}")
    return make_cell(
        [_parse_node(written, node, shown) for node, written in zip(NODES, nodes, strict=True)],
        concat_all=cell.endswith(CONCAT_ALL),
    )


def _parse_node(written: str, node: int, shown: str) -> list[Pair]:
    matches = [_PAIR.fullmatch(pair) for pair in written.split(".")]
    names = dict(zip(CODES, OPERATIONS, strict=True))
    pairs = [
        _pair(names[match[1]], int(match[2]), node, shown)
        for match in matches
        if match is not None and match[1] in names
    ]
    if len(pairs) != 2 or len(matches) != 2:
        raise InputError(
            f"{shown}: {show(written)} is not two of op-input, joined by a dot, with an op out of"
            f" {', '.join(CODES)}"
        )
    return pairs


def _named_pairs(cell: DartsCell) -> list[tuple[str, int]]:
    return [(OPERATIONS[operation], source) for node in cell.nodes for operation, source in node]


def _cell_of_genotype(pairs: Any, concat: Any, name: str) -> DartsCell:
    shown = f"darts genotype with {name}={show(pairs)}"
    try:
        written = [(operation, source) for operation, source in pairs]
    except (TypeError, ValueError):
        raise InputError(f"{shown}: it is not a list of (operation, input)") from None
    if len(written) != 2 * len(NODES):
        raise InputError(f"{shown}: a cell has {2 * len(NODES)} pairs, two for each node")
    found = [
        _pair(operation, source, NODES[position // 2], shown)
        for position, (operation, source) in enumerate(written)
    ]
    nodes = [found[position : position + 2] for position in range(0, len(found), 2)]
    ends = loose_ends(nodes)
    # Slicing before listing: a range in a text may be huge.
    chosen = list(concat[: len(NODES) + 1]) if isinstance(concat, (list, tuple, range)) else []
    if all(type(node) is int for node in chosen) and tuple(sorted(chosen)) in (ends, NODES):
        return make_cell(nodes, concat_all=len(chosen) == len(NODES))
    raise InputError(
        f"{shown}: {name}_concat={show(concat)} is neither all nodes, {list(NODES)}, nor those that no other"
        f" node reads, {list(ends)}"
    )


def _read_genotype(text: str) -> dict[str, Any]:
    """Read the keywords of a written Genotype without evaluating anything."""
    try:
        call = ast.parse(text, mode="eval").body
        if not isinstance(call, ast.Call) or not _calls(call, "Genotype") or call.args:
            raise ValueError
        return {str(keyword.arg): _read_value(keyword.value) for keyword in call.keywords}
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        raise InputError(
            f"darts architecture {show(text)} is not Genotype(normal=[('sep_conv_3x3', 0), ..],"
            " normal_concat=[2, 3, 4, 5], reduce=.., reduce_concat=..)"
        ) from None


def _read_value(value: ast.expr) -> Any:
    if isinstance(value, ast.Call) and _calls(value, "range"):
        return range(*(ast.literal_eval(argument) for argument in value.args))
    return ast.literal_eval(value)


def _calls(call: ast.Call, name: str) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id == name
