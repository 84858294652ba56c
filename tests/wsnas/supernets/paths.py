"""Which weights an architecture uses, by the names that they have in the super-net."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wsnas.spaces import darts, nb101, nb201

if TYPE_CHECKING:
    from collections.abc import Callable

SCOPES = {"nb101": ".vertices.", "nb201": ".convolutions.", "darts": ".operations."}
"""What the names of searched weights have in common; in nb101 the output's projection is searched, too."""
AFFINE = ("weight", "bias")


def nb101_path(supernet: Any, cell: nb101.NB101Architecture) -> set[str]:
    """All weights of cells."""
    kernels = {nb101.CONV_1X1: "1x1", nb101.CONV_3X3: "3x3"}
    convolutions, norms = set(), set()
    for vertex, sources in enumerate(cell.inputs, start=1):
        place = f"vertices.{vertex}"
        if 0 in sources:
            last = vertex == len(cell.inputs)
            projection = "output_projection" if last else f"{place}.projection"
            convolutions.add(f"{projection}.conv")
            norms.add(f"{projection}.norm")
        if vertex < len(cell.inputs) and (kernel := kernels.get(cell.operations[vertex - 1])):
            input_set = sum(1 << source for source in sources) if supernet.mapping.wsbn else 0
            convolutions.add(f"{place}.conv_{kernel}")
            norms.add(f"{place}.norms.{kernel}_{input_set}")
    return _in_all_cells(supernet, convolutions, norms)


def nb201_path(supernet: Any, cell: nb201.NB201Architecture) -> set[str]:
    """All weights of cells, in edge placement."""
    kernels = {nb201.CONV_1X1: "1x1", nb201.CONV_3X3: "3x3"}
    convolutions, norms = set(), set()
    for (source, target), operation, live in zip(nb201.EDGES, cell.operations, cell.live_edges, strict=True):
        if live and operation in kernels:
            place = f"convolutions.{source}_{target}"
            convolutions.add(f"{place}.conv_{kernels[operation]}")
            norms.add(f"{place}.norms.{kernels[operation]}_{source}")
    return _in_all_cells(supernet, convolutions, norms)


def _in_all_cells(supernet: Any, convolutions: set[str], norms: set[str]) -> set[str]:
    tails = {f"{name}.weight" for name in convolutions} | {
        f"{name}.{part}" for name in norms for part in AFFINE
    }
    cells = [name for name, module in supernet.named_modules() if type(module).__name__ == "SuperCell"]
    return {f"{cell}.{tail}" for cell in cells for tail in tails}


def darts_path(supernet: Any, architecture: darts.DartsArchitecture) -> set[str]:
    """All weights of the network, in edge placement."""
    names = {"skeleton.stem.weight", "classifier.bias"}
    norms = ["skeleton.stem_norm"]
    blocks: list[tuple[int, ...]] = [(0,), (0,)]
    for place in supernet.skeleton.places:
        cell, prefix = place.cell(architecture), f"skeleton.cells.{place.index}"
        for entry in range(darts.INPUTS):
            norms.append(f"{prefix}.entries.{entry}.norm")
            halves = (".even", ".odd") if place.after_reduction and entry == 0 else ("",)
            names |= {
                f"{prefix}.entries.{entry}.conv{half}.weights.{block}"
                for half in halves
                for block in blocks[entry - darts.INPUTS]
            }
        blocks.append(cell.concat)
        for node, pairs in zip(darts.NODES, cell.nodes, strict=True):
            for operation, source in pairs:
                name, at = darts.OPERATIONS[operation], f"{prefix}.operations.{source}_{node}"
                if "conv" in name:
                    family, kernel = ("separable" if "sep" in name else "dilated"), name[-3:]
                    for step in range(2 if "sep" in name else 1):
                        kernels = f"{at}.{family}.{step}.kernels"
                        names |= {f"{kernels}.{part}_{kernel}" for part in ("depthwise", "pointwise")}
                        norms.append(f"{at}.{family}.{step}.norms.{kernel}.norms.{source}")
                elif operation == darts.SKIP and place.stride(source) == 2:
                    names |= {f"{at}.halving.even.weight", f"{at}.halving.odd.weight"}
                    norms.append(f"{at}.halving_norms.norms.{source}")
    names |= {f"classifier.weights.{block}" for block in blocks[-1]}
    return names | {f"{norm}.{part}" for norm in norms for part in AFFINE}


PATHS: dict[str, Callable[[Any, Any], set[str]]] = {
    "darts": darts_path,
    "nb101": nb101_path,
    "nb201": nb201_path,
}
"""By space."""
