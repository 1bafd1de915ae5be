"""Settings that change how a training net reads."""

from __future__ import annotations

import pytest

from layerzoo.loader import load_solver, parse_solver
from layerzoo.solver import check_solver
from layerzoo.solver.trials.source_settings import NotPossibleError, SourceSettings

INLINE = """
base_lr: 0.1 lr_policy: "fixed" max_iter: 3
train_net_param {
  layer { name: "%s" type: "%s" top: "x" top: "t" %s }
  layer { name: "s" type: "Silence" bottom: "x" bottom: "t" }
}
"""
DIGITS = 'dataset_param { name: "digits" batch_size: 6 } %s'


def of(text: str) -> SourceSettings:
    document = parse_solver(text)
    return SourceSettings(document, check_solver(document).train)


def test_settings_change_the_training_net_of_a_file() -> None:
    document = load_solver("configs/lenet_solver.yaml")
    settings = SourceSettings(document, check_solver(document).train)
    (workers,), (share,) = settings.workers(2), settings.shares(2)
    changed = check_solver(load_solver("configs/lenet_solver.yaml", [workers, share]))
    (trained,) = [spec.param for spec in changed.train.layers if spec.kind.is_data]
    assert trained.reading_param.workers == 2
    assert trained.dataset_param.batch_size == 32
    (tested,) = [spec.param for spec in changed.test[0][0].layers if spec.kind.is_data]
    assert not tested.reading_param.HasField("workers")
    assert tested.dataset_param.batch_size != 32


def test_settings_change_a_net_inside_the_solver() -> None:
    settings = of(INLINE % ("d", "Dataset", DIGITS % "reading_param { workers: 3 }"))
    assert settings.own_workers() == 3
    assert settings.workers(0) == ["train_net_param.layer[d,TRAIN].reading_param.workers=0"]
    assert settings.shares(3) == ["train_net_param.layer[d,TRAIN].dataset_param.batch_size=2"]


@pytest.mark.parametrize(
    ("name", "kind", "more", "why"),
    [
        ("d", "Dataset", DIGITS % "", "the batch of 6 of layer 'd' can't be divided by 4"),
        ("a[0]", "Dataset", DIGITS.replace("6", "8") % "", "-set can't name the layer 'a[0]'"),
        ("d", "DummyData", "dummy_data_param { shape { dim: 4 dim: 2 } }", "no layer reads a source"),
    ],
)
def test_what_cannot_be_changed_has_a_reason(name: str, kind: str, more: str, why: str) -> None:
    with pytest.raises(NotPossibleError, match=r".*") as error:
        of(INLINE % (name, kind, more)).shares(4)
    assert str(error.value) == why


def test_layers_whose_samples_depend_on_their_batch_are_left_alone() -> None:
    memory = "memory_data_param { batch_size: 4 channels: 1 height: 2 width: 2 }"
    settings = of(INLINE % ("d", "MemoryData", memory))
    assert settings.layers == []
    with pytest.raises(NotPossibleError, match="no layer reads a source"):
        settings.workers(2)
