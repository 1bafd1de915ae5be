"""Shipped configs train in two processes as in one with batches twice as large."""

from __future__ import annotations

from collections.abc import Iterator

from tests.solver.same_result import Compared, compare, names

LARGE = ("alexnet", "caffenet", "densenet", "fcn8s", "googlenet", "mobilenet", "pspnet", "resnet", "segnet")
LARGE += ("senet", "shufflenet", "ssd300", "vgg", "yolov3_tiny")
"""Nets of ImageNet and the like, which take from ten seconds to minutes; the program trains them too.

In FP64 the largest relative difference of a param was 4e-10 after 10 iterations of alexnet, caffenet, the
densenets, fcn8s, googlenet, the mobilenets, resnet18 and 50, senet50, shufflenet, squeezenet, vgg16 and
yolov3_tiny. It was 7e-9 after 2 iterations of ssd300_mobilenet, and 2e-12 after 2 of pspnet50, resnet,
segnet, ssd300_vgg16 and vgg.
"""
REASONS = {
    "char_lstm_solver.yaml": "rows are steps: each process reads a stream of its own (test_streams.py)",
    "courses/quadratic_solver.yaml": "it has no samples: each process computes the same",
    "courses/rosenbrock_solver.yaml": "it has no samples: each process computes the same",
    "courses/reinforce_bandit_solver.yaml": "the baseline is the mean of a batch",
    "courses/reinforce_cartpole_solver.yaml": "the advantages are normalised over a batch",
    "courses/siamese_solver.yaml": "the pairs are those of a batch, whose size the net names",
    "courses/triplet_solver.yaml": "the triplets are those of a batch, whose size the net names",
    "courses/logistic_regression_solver.yaml": "245 samples, all of them in each iteration, can't be halved",
    "faster_rcnn": "its batches are of one image",
    "rfcn": "its batches are of one image",
}
"""Configs of which N processes can't equal one with N times the batch, and why."""


def _is_one(name: str, prefixes: tuple[str, ...]) -> bool:
    return name.startswith(prefixes)


def trained() -> list[str]:
    """The configs that are compared."""
    return [name for name in names() if not _is_one(name, tuple(REASONS))]


def _checked(results: Iterator[Compared]) -> list[str]:
    """What is wrong with results."""
    return [
        f"{each.name}: {each.failure}{each.difference:.1e} in {each.param}, same bits: {each.same_bits}"
        for each in results
        if each.failure or not each.difference <= 1e-5 or not each.same_bits
    ]


def test_configs_are_all_compared_or_have_a_reason() -> None:
    assert len(names()) >= 88
    assert len(names()) - len(trained()) == 11
    assert all(any(name.startswith(reason) for name in names()) for reason in REASONS)


def test_small_configs_train_in_two_processes_as_in_one() -> None:
    """In FP64: where a gradient is 0, as of an attention's bias of keys, Adam makes steps of rounding."""
    chosen = [name for name in trained() if not _is_one(name, LARGE)]
    assert len(chosen) >= 57
    assert _checked(compare(chosen, double=True)) == []
