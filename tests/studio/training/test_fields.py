"""The fields of the form."""

from __future__ import annotations

from pathlib import Path

from layerzoo.loader import load_solver
from layerzoo.studio.training.fields import GROUPS, form, is_list, value_of
from tests.studio.training.solvers import write_solver


def test_fields_have_help_values_and_choices(tmp_path: Path) -> None:
    document = load_solver(write_solver(tmp_path))
    fields = {one.path: one for group in form(document) for one in group.fields}
    assert set(fields) >= {path for group in GROUPS.values() for path in group}
    assert all(one.help for one in fields.values())
    assert (fields["type"].value, "Adam" in fields["type"].choices) == ("Adam", True)
    assert fields["lr_policy"].value == "step"
    assert {"fixed", "step", "cosine"} <= set(fields["lr_policy"].choices)
    assert fields["stepsize"].policies == ["sigmoid", "step"]
    assert fields["warmup_param.iterations"].value == "10"
    assert fields["momentum"].value == ""


def test_the_batch_of_layers_that_read_is_a_field(tmp_path: Path) -> None:
    solver = write_solver(tmp_path)
    net = (tmp_path / "net.yaml").read_text()
    data = "  - {name: in, type: Data, top: [a, b], data_param: {source: x, batch_size: 7}}\n"
    head, _, rest = net.partition("layer:\n")
    (tmp_path / "net.yaml").write_text(f"{head}layer:\n{data}{rest}")
    fields = [one for group in form(load_solver(solver)) for one in group.fields]
    (batch,) = [one for one in fields if one.path.endswith("batch_size")]
    assert (batch.path, batch.value) == ("net.layer[in,TRAIN].data_param.batch_size", "7")


def test_lists_and_values(tmp_path: Path) -> None:
    message = load_solver(write_solver(tmp_path), ["stepvalue=[10, 20]"]).message
    assert is_list("stepvalue")
    assert not is_list("base_lr")
    assert not is_list("no.such")
    assert value_of(message, "stepvalue") == "10, 20"
    assert value_of(message, "base_lr") == "0.1"
    assert value_of(message, "cosine_param.period") == ""
