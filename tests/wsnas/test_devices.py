"""The same on every device of the machine: on a CPU always, on a GPU where there is one."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from tests.wsnas.tiny import CELLS, draw, make_supernet, twin
from wsnas.data import load_images
from wsnas.precision import PRECISIONS, compute_deterministically
from wsnas.ranking.evaluate import rank_pool
from wsnas.spaces import BUILT_IN, get_space
from wsnas.standalone.measure import measure
from wsnas.standalone.protocol import StandaloneProtocol
from wsnas.supernets import SharingMapping
from wsnas.training.protocol import Protocol
from wsnas.training.run import TrainingRun

if TYPE_CHECKING:
    from wsnas.supernets.base import SuperNet

SIZES = {"in_channels": 1, "num_classes": 10, "channels": 4}
MAPPINGS = {
    "dropout": SharingMapping(path_dropout=0.2, global_dropout=0.2),
    "tracked": SharingMapping(
        bn_statistics="tracked", wsbn=True, op_placement="node", dynamic_channels="shuffle"
    ),
    "recalibrated": SharingMapping(bn_statistics="recalibrated", ofa_kernel=True, bn_affine=False),
}
each_space = pytest.mark.parametrize("space", BUILT_IN)
each_mapping = pytest.mark.parametrize("mapping", MAPPINGS.values(), ids=MAPPINGS.keys())


@pytest.fixture
def deterministic(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    compute_deterministically()
    yield
    torch.use_deterministic_algorithms(False)
    torch.utils.deterministic.fill_uninitialized_memory = True  # type: ignore[attr-defined]


@pytest.fixture(params=["cpu", "cuda"])
def device(request: pytest.FixtureRequest) -> str:
    if request.param == "cuda" and not torch.cuda.is_available():
        pytest.skip("no GPU here")
    return str(request.param)


def build(space: str, mapping: SharingMapping, device: str) -> SuperNet:
    return make_supernet(space, mapping, **SIZES).to(device, memory_format=torch.channels_last)


def task(device: str) -> tuple[torch.Tensor, torch.Tensor]:
    images = load_images("fashion", resolution=8)
    return images.train_images[:96].to(device), images.train_labels[:96].to(device)


def start(space: str, mapping: SharingMapping, device: str, precision: str = "float32") -> TrainingRun:
    protocol = Protocol(epochs=4, batch_size=32, train_portion=1.0, learning_rate_schedule="constant")
    supernet = build(space, mapping, device)
    return TrainingRun(
        supernet, get_space(space), *task(device), protocol=protocol, seed=0, precision=precision
    )


def resumed(space: str, mapping: SharingMapping, device: str, precision: str = "float32") -> TrainingRun:
    """Return a run that was saved to a file after its third step and goes on from there."""
    half, rest = (start(space, mapping, device, precision) for _ in range(2))
    half.advance(3)
    file = io.BytesIO()
    torch.save(half.state_dict(), file)
    file.seek(0)
    rest.load_state_dict(torch.load(file, map_location="cpu", weights_only=True))
    return rest


def weights(run: TrainingRun) -> torch.Tensor:
    return torch.cat([weight.detach().double().flatten() for weight in run.supernet.parameters()])


@each_space
@each_mapping
@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.usefixtures("deterministic")
def test_a_run_that_goes_on_from_a_file_ends_with_the_same_bits(
    space: str, mapping: SharingMapping, precision: str, device: str
) -> None:
    whole = start(space, mapping, device, precision)
    whole.advance(3)
    loss = whole.advance(6)
    rest = resumed(space, mapping, device, precision)
    assert rest.advance(6) == loss
    ended = rest.state_dict()["supernet"]
    for name, value in whole.state_dict()["supernet"].items():
        assert value.device.type == device
        assert torch.equal(ended[name], value), name


@each_space
@each_mapping
def test_without_determinism_a_run_that_goes_on_strays_no_further_than_one_run_from_another(
    space: str, mapping: SharingMapping, device: str
) -> None:
    whole = [start(space, mapping, device) for _ in range(4)]
    for run in whole:
        run.advance(6)
    rest = resumed(space, mapping, device)
    rest.advance(6)
    state, expected = rest.state_dict(), whole[0].state_dict()
    for stream in ("order", "augmentation", "dropout"):
        assert torch.equal(state[stream], expected[stream]), stream
    assert (state["paths"], state["position"]) == (expected["paths"], expected["position"])
    ended, *others = (weights(run) for run in (rest, *whole))
    apart = max(float((one - other).norm()) for one, other in combinations(others, 2))
    # Four runs of one seed tell roughly how far a fifth may be from the nearest of them.
    assert min(float((ended - other).norm()) for other in others) <= 2 * apart


@each_space
@each_mapping
def test_logits_and_ranking_are_those_of_a_plain_loop_on_the_cpu(
    space: str, mapping: SharingMapping, device: str
) -> None:
    run = start(space, mapping, device)
    run.advance(6)
    trained, there = run.supernet, build(space, mapping, "cpu")
    there.load_state_dict({name: value.cpu() for name, value in trained.state_dict().items()})
    images, labels = task("cpu")
    calibration = images[:16] if mapping.bn_statistics == "recalibrated" else None
    found = rank_pool(
        trained,
        draw(space, 6),
        *task(device),
        calibration=None if calibration is None else calibration.to(device),
    )
    right, losses = [], []
    there.eval().set_calibration(16 if calibration is not None else 0)
    for architecture in draw(space, 6):
        with torch.no_grad():
            batch = images if calibration is None else torch.cat([calibration, images])
            logits = there(batch, architecture)[-len(images) :]
        right.append(int(logits.argmax(dim=1).eq(labels).sum()))
        losses.append(cross_entropy(logits.double(), labels, reduction="sum").item())
    assert np.abs(found.correct - right).max() <= (0 if device == "cpu" else 2)
    np.testing.assert_allclose(found.losses, losses, rtol=1e-9 if device == "cpu" else 1e-2)


@each_space
def test_standalone_networks_give_the_supernets_logits(space: str, device: str) -> None:
    mapping = SharingMapping(bn_statistics="tracked")
    run = start(space, mapping, device)
    run.advance(3)
    architecture = draw(space, 1)[0]
    alone = twin(space, run.supernet, architecture, **SIZES).to(device)
    with torch.no_grad():
        images = task(device)[0]
        expected = run.supernet.eval()(images, architecture)
        torch.testing.assert_close(alone.eval()(images), expected, rtol=1e-3, atol=1e-3)


@each_space
def test_an_architecture_is_measured_alone(space: str, device: str) -> None:
    images = load_images("fashion", resolution=8)
    few = replace(
        images,
        train_images=images.train_images[:128],
        train_labels=images.train_labels[:128],
        test_images=images.test_images[:100],
        test_labels=images.test_labels[:100],
    ).to(device)
    protocol = StandaloneProtocol(
        resolution=8, channels=4, cells=CELLS[space], epochs=1, batch_size=64, views=2
    )
    found = measure(get_space(space), draw(space, 1)[0], few, protocol=protocol, seed=0)
    assert 0 <= found.accuracy <= 1
    assert (200 * found.accuracy) == pytest.approx(round(200 * found.accuracy))
