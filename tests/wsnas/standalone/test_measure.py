from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
import torch

from wsnas.data import ImageSet
from wsnas.errors import InputError
from wsnas.spaces import get_space, space_names
from wsnas.standalone import measure as module
from wsnas.standalone.measure import check, measure
from wsnas.standalone.protocol import StandaloneProtocol


class Guarded:
    """A data set that gives out everything but its validation images."""

    def __init__(self, images: ImageSet) -> None:
        for field in fields(images):
            if not field.name.startswith("validation"):
                setattr(self, field.name, getattr(images, field.name))
        self.in_channels = images.in_channels


@pytest.fixture
def networks(monkeypatch: pytest.MonkeyPatch) -> list[torch.nn.Module]:
    """The networks that were trained, in order."""
    built: list[torch.nn.Module] = []

    def keep(*arguments: Any, **keywords: Any) -> torch.nn.Module:
        built.append(original(*arguments, **keywords))
        return built[-1]

    original = module.build_standalone
    monkeypatch.setattr(module, "build_standalone", keep)
    return built


def same(first: torch.nn.Module, second: torch.nn.Module) -> bool:
    one, other = first.state_dict(), second.state_dict()
    return all(torch.equal(one[name], other[name]) for name in one)


def draw(space: str, *, seed: int = 0) -> tuple[Any, Any]:
    found = get_space(space)
    return found, found.sample(np.random.default_rng(seed))


@pytest.mark.parametrize("name", space_names())
def test_the_same_seed_gives_the_same_bits_whatever_the_global_state(
    name: str, images: ImageSet, protocol: StandaloneProtocol, networks: list[torch.nn.Module]
) -> None:
    space, architecture = draw(name)
    torch.manual_seed(1)
    first = measure(space, architecture, images, protocol=protocol, seed=7)
    torch.manual_seed(2)
    second = measure(space, architecture, images, protocol=protocol, seed=7)
    measure(space, architecture, images, protocol=protocol, seed=8)
    assert first.accuracy == second.accuracy
    assert same(networks[0], networks[1])
    assert not same(networks[0], networks[2])


def test_validation_images_play_no_part(images: ImageSet, protocol: StandaloneProtocol) -> None:
    space, architecture = draw("nb201")
    guarded: Any = Guarded(images)
    alone = measure(space, architecture, guarded, protocol=protocol, seed=0)
    assert alone.accuracy == measure(space, architecture, images, protocol=protocol, seed=0).accuracy


def test_test_images_score_and_do_not_train(
    images: ImageSet, protocol: StandaloneProtocol, networks: list[torch.nn.Module]
) -> None:
    space, architecture = draw("nb201")
    right = measure(space, architecture, images, protocol=protocol, seed=0)
    wrong = replace(images, test_labels=(images.test_labels + 1) % images.num_classes)
    mistaken = measure(space, architecture, wrong, protocol=protocol, seed=0)
    assert same(*networks)
    assert right.accuracy != mistaken.accuracy


def test_a_network_learns_and_its_accuracy_is_that_on_the_test_images(
    images: ImageSet, protocol: StandaloneProtocol, networks: list[torch.nn.Module]
) -> None:
    space = get_space("nb201")
    architecture = space.parse(
        "|nor_conv_3x3~0|+|nor_conv_3x3~0|skip_connect~1|+|skip_connect~0|none~1|nor_conv_3x3~2|"
    )
    found = measure(space, architecture, images, protocol=replace(protocol, epochs=6), seed=0)
    assert found.accuracy > 0.6
    assert found.seconds > 0
    with torch.inference_mode():
        predicted = networks[0].eval()(images.test_images).argmax(1)
    assert found.accuracy == (predicted == images.test_labels).double().mean().item()


def test_views_change_the_score_alone_and_are_alike_for_every_measurement(
    images: ImageSet, protocol: StandaloneProtocol, networks: list[torch.nn.Module]
) -> None:
    space, architecture = draw("nb201")
    once = measure(space, architecture, images, protocol=protocol, seed=0)
    several = [
        measure(space, architecture, images, protocol=replace(protocol, views=4), seed=0) for _ in range(2)
    ]
    assert same(networks[0], networks[1])
    assert several[0].accuracy == several[1].accuracy != once.accuracy


def test_a_diverged_training_still_gives_an_accuracy(images: ImageSet, protocol: StandaloneProtocol) -> None:
    space, architecture = draw("nb201")
    found = measure(space, architecture, images, protocol=replace(protocol, learning_rate=1e30), seed=0)
    assert 0 <= found.accuracy <= 1


def test_a_batch_of_more_than_all_images_is_refused(images: ImageSet, protocol: StandaloneProtocol) -> None:
    space, architecture = draw("nb201")
    with pytest.raises(InputError, match="batch_size 257 exceeds the 256"):
        check(space, [architecture], images, protocol=replace(protocol, batch_size=257), device="cpu")


def test_channels_too_few_for_an_architecture_are_refused(
    images: ImageSet, protocol: StandaloneProtocol
) -> None:
    space = get_space("nb101")
    architecture = space.parse("100100100011001001101-mp-c3-c3-mp-mp")
    check(space, [architecture], images, protocol=protocol, device="cpu")
    with pytest.raises(InputError, match="channels 3 are too few"):
        check(space, [architecture], images, protocol=replace(protocol, channels=3), device="cpu")
