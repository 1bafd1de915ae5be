"""Sequences of numbers as a SequenceData layer's config names them."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.data.sequence_source import load_sequences, sequence_length, table_shares
from layerzoo.errors import LayerFault
from layerzoo.loader import parse_net
from layerzoo.schema import LayerParameter


def param(source: Path, fields: str = "", reading: str = "") -> LayerParameter:
    text = f'source: "{source}" batch_size: 2 {fields}'
    layer = f'layer {{ name: "d" type: "SequenceData" top: "d" sequence_data_param {{ {text} }} {reading} }}'
    return parse_net(layer).message.layer[0]


def test_length_is_that_of_the_longest_sequence_within_limits(tmp_path: Path) -> None:
    table = tmp_path / "runs.csv"
    table.write_text(
        "run,x,y\n"
        + "".join(f"{run},{step},{run}\n" for run, steps in (("a", 5), ("b", 2)) for step in range(steps))
    )
    one = param(table, 'sequence_column: "run" label: "y"')
    sequences = load_sequences(one)
    assert [len(steps) for steps in sequences.steps] == [5, 2]
    assert sequence_length(one, sequences) == 5
    assert sequence_length(param(table, 'sequence_column: "run" label: "y" max_length: 3'), sequences) == 3
    assert sequence_length(param(table, 'sequence_column: "run" label: "y" max_length: 9'), sequences) == 5
    assert (
        sequence_length(param(table, 'sequence_column: "run" label: "y" length: 7 max_length: 3'), sequences)
        == 7
    )
    with pytest.raises(LayerFault, match="sequence_column is missing"):
        load_sequences(param(table))


def test_shares_are_those_of_a_split(tmp_path: Path) -> None:
    assert table_shares(param(tmp_path)) is None
    assert table_shares(param(tmp_path, "", "reading_param { split: TRAIN val_share: 0.25 }")) == (
        0.25,
        pytest.approx(0.1),
    )
