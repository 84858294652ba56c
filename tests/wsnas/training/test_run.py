from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch.nn import functional as F

from tests.wsnas.tiny import make_supernet, scripted
from wsnas.errors import InputError
from wsnas.spaces.nb201 import CONV_3X3, NB201, NONE, SKIP, NB201Architecture
from wsnas.supernets import SharingMapping
from wsnas.training.protocol import Protocol
from wsnas.training.run import TrainingRun

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from torch import Tensor

CLASSES = 3
TWO = [NB201Architecture((CONV_3X3,) * 6), NB201Architecture((SKIP,) * 6)]


class TwoPaths(NB201):
    """The space, but its fair paths are always the same."""

    def fair_paths(self, rng: np.random.Generator) -> list[NB201Architecture]:
        return TWO


def toy_task() -> tuple[Tensor, Tensor]:
    """Noisy pictures of three patterns."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(96) % CLASSES
    patterns = torch.randn(CLASSES, 1, 8, 8, generator=generator)
    return patterns[labels] + 0.5 * torch.randn(96, 1, 8, 8, generator=generator), labels


def make_run(
    *,
    seed: int = 0,
    mapping: SharingMapping | None = None,
    space: Any = None,
    augment: Callable[[Tensor, torch.Generator], Tensor] | None = None,
    **protocol: Any,
) -> TrainingRun:
    images, labels = toy_task()
    supernet = make_supernet(
        "nb201",
        mapping or SharingMapping(path_dropout=0.1, global_dropout=0.1),
        in_channels=1,
        num_classes=CLASSES,
    )
    settings = {"learning_rate": 0.05, "epochs": 2, "batch_size": 16, "train_portion": 1.0, **protocol}
    return TrainingRun(
        supernet,
        space or NB201(),
        images,
        labels,
        protocol=Protocol(**settings),
        seed=seed,
        augment=augment,
    )


def weights(run: TrainingRun) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in run.supernet.state_dict().items()}


def same(first: dict[str, Tensor], second: dict[str, Tensor]) -> bool:
    return all(torch.equal(first[name], second[name]) for name in first)


def shift(batch: Tensor, generator: torch.Generator) -> Tensor:
    return batch + torch.rand(len(batch), 1, 1, 1, generator=generator)


@pytest.mark.parametrize("path_sampling", ["random_a", "random_nas", "fairnas"])
def test_same_seed_gives_the_same_weights_bit_for_bit(path_sampling: str) -> None:
    runs = [make_run(seed=3, path_sampling=path_sampling, augment=shift) for _ in range(2)]
    start = weights(runs[0])
    losses = []
    for run in runs:
        torch.manual_seed(len(losses))  # what happens elsewhere must not matter
        losses.append(run.advance(run.total_steps))
    assert losses[0] == losses[1] > 0
    assert same(weights(runs[0]), weights(runs[1]))
    assert not same(weights(runs[0]), start)


def test_other_seed_gives_other_weights() -> None:
    runs = [make_run(seed=seed) for seed in (3, 4)]
    for run in runs:
        run.advance(run.total_steps)
    assert not same(weights(runs[0]), weights(runs[1]))


def test_advancing_in_pieces_is_advancing_at_once() -> None:
    pieces, whole = make_run(augment=shift), make_run(augment=shift)
    loss = whole.advance(whole.total_steps)
    parts = [pieces.advance(until) for until in (1, 1, 5, 9, pieces.total_steps)]
    assert same(weights(pieces), weights(whole))
    assert parts[1] == 0.0
    total = sum(part * steps for part, steps in zip(parts, (1, 0, 4, 4, 3), strict=True))
    assert total / 12 == pytest.approx(loss)


def test_run_ends_at_its_last_step() -> None:
    run = make_run()
    run.advance(10 * run.total_steps)
    ended = weights(run)
    assert run.step == run.total_steps == 12
    assert run.advance(run.total_steps + 5) == 0.0
    assert same(weights(run), ended)


def test_evaluation_between_steps_changes_nothing() -> None:
    disturbed, plain = make_run(), make_run()
    plain.advance(plain.total_steps)
    disturbed.advance(4)
    disturbed.supernet.eval()
    with torch.no_grad():
        disturbed.supernet(toy_task()[0], NB201Architecture((CONV_3X3,) * 6))
    disturbed.advance(disturbed.total_steps)
    assert same(weights(disturbed), weights(plain))


def test_loss_falls_on_a_learnable_task_and_its_network_classifies_it() -> None:
    run = make_run(mapping=SharingMapping(), epochs=12, learning_rate=0.1)
    first = run.advance(6)
    run.advance(60)
    last = run.advance(run.total_steps)
    assert first > 0.9
    assert last < 0.6 * first
    images, labels = toy_task()
    logits = run.supernet.eval()(images, NB201Architecture((SKIP, NONE, NONE, CONV_3X3, NONE, NONE)))
    assert float(logits.argmax(1).eq(labels).float().mean()) > 0.8


def test_loss_of_a_step_is_the_cross_entropy_before_it() -> None:
    cell = NB201Architecture((CONV_3X3,) * 6)
    run = make_run(mapping=SharingMapping(), space=scripted("nb201", [cell]), batch_size=96)
    images, labels = toy_task()
    expected = F.cross_entropy(run.supernet.train()(images, cell), labels).item()
    assert run.advance(1) == pytest.approx(expected, rel=1e-5)


def test_loss_of_a_step_with_several_paths_is_their_mean() -> None:
    run = make_run(mapping=SharingMapping(), space=TwoPaths(), path_sampling="fairnas", batch_size=96)
    images, labels = toy_task()
    supernet = run.supernet.train()
    expected = [F.cross_entropy(supernet(images, cell), labels).item() for cell in TWO]
    assert run.advance(1) == pytest.approx(sum(expected) / 2, rel=1e-5)


def test_one_step_follows_the_clipped_gradient_with_decay() -> None:
    cell = NB201Architecture((CONV_3X3,) * 6)
    run = make_run(
        mapping=SharingMapping(),
        space=scripted("nb201", [cell]),
        batch_size=96,
        learning_rate=0.1,
        weight_decay=0.01,
        gradient_clip=0.2,
    )
    supernet = run.supernet.train()
    images, labels = toy_task()
    F.cross_entropy(supernet(images, cell), labels).backward()
    trained = {name: weight for name, weight in supernet.named_parameters() if weight.grad is not None}
    norm = sum(float(weight.grad.square().sum()) for weight in trained.values()) ** 0.5  # type: ignore[union-attr]
    assert norm > 0.2
    expected = {
        name: (weight - 0.1 * (weight.grad * 0.2 / norm + 0.01 * weight)).detach().clone()  # type: ignore[operator]
        for name, weight in trained.items()
    }
    run.advance(1)
    for name, weight in trained.items():
        torch.testing.assert_close(weight.detach(), expected[name], rtol=1e-4, atol=1e-5)


def test_gradients_of_a_steps_paths_are_summed() -> None:
    options: dict[str, Any] = {
        "mapping": SharingMapping(),
        "batch_size": 96,
        "gradient_clip": 1e9,
        "weight_decay": 0.0,
    }

    def change(space: Any, path_sampling: str) -> Tensor:
        run = make_run(space=space, path_sampling=path_sampling, **options)
        before = weights(run)["skeleton.stem.weight"]
        run.advance(1)
        return weights(run)["skeleton.stem.weight"] - before

    each = [change(scripted("nb201", [cell]), "random_nas") for cell in TWO]
    both = change(TwoPaths(), "fairnas")
    torch.testing.assert_close(both, each[0] + each[1], rtol=1e-3, atol=1e-6)


def test_cosine_falls_from_the_first_to_the_final_rate_and_constant_stays() -> None:
    cosine = make_run(learning_rate=0.2, epochs=4, final_learning_rate=0.01)
    rates = [cosine.learning_rate()]
    while cosine.step < cosine.total_steps:
        cosine.advance(cosine.step + 1)
        rates.append(cosine.learning_rate())
    assert rates[0] == 0.2
    assert rates[12] == pytest.approx((0.2 + 0.01) / 2)
    assert rates[-2] < 0.011
    assert rates[-1] == pytest.approx(0.01)
    assert rates == sorted(rates, reverse=True)
    constant = make_run(learning_rate=0.2, learning_rate_schedule="constant")
    constant.advance(constant.total_steps)
    assert constant.learning_rate() == 0.2


def test_a_cooldown_lets_the_rate_fall_linearly_to_a_tenth_of_its_schedule() -> None:
    def rates(**protocol: Any) -> list[float]:
        run = make_run(mapping=SharingMapping(), learning_rate=0.2, epochs=4, **protocol)
        found = []
        for step in range(run.total_steps + 1):
            run.step = step
            found.append(run.learning_rate())
        return found

    constant = rates(learning_rate_schedule="constant", learning_rate_cooldown=0.25)
    assert constant[:19] == [0.2] * 19
    assert constant[18:] == pytest.approx([0.2 - 0.03 * step for step in range(7)])
    cosine, cooled = rates(), rates(learning_rate_cooldown=0.25)
    assert cooled[:19] == cosine[:19]
    assert cooled[-1] == pytest.approx(0.1 * cosine[-1])


def test_smoothed_labels_give_their_share_to_all_classes() -> None:
    cell = NB201Architecture((CONV_3X3,) * 6)
    run = make_run(
        mapping=SharingMapping(), space=scripted("nb201", [cell]), batch_size=96, label_smoothing=0.3
    )
    images, labels = toy_task()
    logs = run.supernet.train()(images, cell).log_softmax(1).detach()
    expected = -0.7 * logs[range(96), labels].mean() - 0.3 * logs.mean()
    assert run.advance(1) == pytest.approx(float(expected), rel=1e-5)


def test_a_step_with_several_samples_follows_their_mean_gradient() -> None:
    options: dict[str, Any] = {
        "mapping": SharingMapping(),
        "batch_size": 96,
        "gradient_clip": 1e9,
        "weight_decay": 0.0,
    }

    def change(script: list[NB201Architecture], **more: Any) -> Tensor:
        run = make_run(space=scripted("nb201", script), **options, **more)
        before = weights(run)["skeleton.stem.weight"]
        run.advance(1)
        assert run.passes == 96 * more.get("paths_per_step", 1)
        return weights(run)["skeleton.stem.weight"] - before

    each = [change([cell]) for cell in TWO]
    both = change(TWO, paths_per_step=2)
    torch.testing.assert_close(both, (each[0] + each[1]) / 2, rtol=1e-3, atol=1e-6)


def test_cosine_never_rises_to_a_final_rate_above_the_first() -> None:
    run = make_run(learning_rate=1e-4, final_learning_rate=1e-3)
    run.advance(run.total_steps)
    assert run.learning_rate() == pytest.approx(1e-4)


@pytest.mark.parametrize(("path_sampling", "factor"), [("random_a", 1), ("random_nas", 1), ("fairnas", 5)])
def test_passes_count_every_architecture_that_an_image_went_through(path_sampling: str, factor: int) -> None:
    run = make_run(path_sampling=path_sampling, batch_size=10)
    run.advance(3)
    assert run.passes == 3 * 10 * factor


@pytest.mark.parametrize(
    ("epochs", "train_portion", "batch_size", "steps"),
    [(1, 1.0, 16, 6), (3, 1.0, 16, 18), (1, 0.5, 16, 3), (2, 1.0, 50, 2), (1, 1.0, 96, 1), (2, 0.25, 5, 8)],
)
def test_steps_follow_from_epochs_portion_and_batch(
    epochs: int, train_portion: float, batch_size: int, steps: int
) -> None:
    run = make_run(epochs=epochs, train_portion=train_portion, batch_size=batch_size)
    assert run.total_steps == steps


@pytest.mark.parametrize(("portion", "batch_size"), [(1.0, 97), (0.25, 25)])
def test_batch_larger_than_the_images_in_use_is_refused(portion: float, batch_size: int) -> None:
    with pytest.raises(
        InputError, match=f"batch_size {batch_size} exceeds the {round(96 * portion)} training"
    ):
        make_run(train_portion=portion, batch_size=batch_size)


def test_every_epoch_shows_the_same_part_of_the_images_in_a_new_order() -> None:
    seen: list[Tensor] = []

    def record(batch: Tensor, _generator: torch.Generator) -> Tensor:
        seen.append(batch[:, 0, 0, 0].clone())
        return batch

    run = make_run(train_portion=0.5, epochs=3, batch_size=16, augment=record)
    run.advance(run.total_steps)
    epochs = [torch.cat(seen[start : start + 3]).tolist() for start in (0, 3, 6)]
    assert all(len(set(epoch)) == 48 for epoch in epochs)
    assert sorted(epochs[0]) == sorted(epochs[1]) == sorted(epochs[2])
    assert epochs[0] != epochs[1] != epochs[2]
    assert set(epochs[0]) < set(toy_task()[0][:, 0, 0, 0].tolist())


def test_paths_and_dropout_do_not_shift_the_order_of_the_images() -> None:
    def order(**options: Any) -> Tensor:
        seen: list[Tensor] = []

        def record(batch: Tensor, generator: torch.Generator) -> Tensor:
            seen.append(batch[:, 0, 0, 0] + torch.rand(1, generator=generator))
            return batch

        run = make_run(augment=record, **options)
        run.advance(run.total_steps)
        return torch.cat(seen)

    plain = order(mapping=SharingMapping())
    assert torch.equal(order(mapping=SharingMapping(path_dropout=0.5, global_dropout=0.5)), plain)
    assert torch.equal(order(mapping=SharingMapping(), path_sampling="fairnas"), plain)
    assert not torch.equal(order(mapping=SharingMapping(), seed=1), plain)


def test_diverged_run_says_so_by_its_loss() -> None:
    run = make_run(learning_rate=1e30, gradient_clip=1e30, learning_rate_schedule="constant")
    assert not math.isfinite(run.advance(run.total_steps))


def test_counting_passes_makes_fairnas_cost_what_one_path_costs() -> None:
    def steps(sampling: str, count: bool) -> int:
        return make_run(epochs=5, path_sampling=sampling, count_passes=count).total_steps

    assert steps("fairnas", True) * 5 == steps("random_nas", True) == steps("fairnas", False) == 30
    assert make_run(epochs=5, paths_per_step=3, count_passes=True).total_steps == 10
