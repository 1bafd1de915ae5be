from __future__ import annotations

from layerzoo.functional.attention_sizes import AttentionSettings, attention_sizes, turned_values
from layerzoo.schema import AttentionParameter


def test_sizes_of_heads_follow_from_num_output_or_are_given() -> None:
    shapes = [(2, 3, 6), (2, 5, 7)]
    sizes = attention_sizes(AttentionParameter(num_heads=2, num_output=8), shapes, 1)
    assert (sizes.head, sizes.outputs, sizes.inputs, sizes.keys) == (4, 8, (6, 7, 7), 5)
    sizes = attention_sizes(AttentionParameter(num_heads=2, head_size=5), shapes, 1)
    assert (sizes.head, sizes.outputs) == (5, 6)
    assert [size for _, *size in sizes.projections()] == [[10, 6], [10, 7], [10, 7], [6, 10]]


def test_sizes_without_projection_are_those_of_the_bottoms() -> None:
    p = AttentionParameter(num_heads=4, num_kv_heads=2, project=False)
    sizes = attention_sizes(p, [(2, 3, 8), (2, 5, 4), (2, 5, 6)], 2)
    assert (sizes.head, sizes.value_head, sizes.outputs) == (2, 3, 12)
    assert sizes.macs(project=False) == 2 * 4 * 3 * 5 * (2 + 3)


def test_rotary_positions_turn_a_fraction_of_a_head() -> None:
    p = AttentionParameter()
    assert turned_values(p, 8) == 0
    p.rotary.fraction = 0.5
    assert turned_values(p, 8) == 4


def test_scale_is_one_over_the_root_of_the_size_unless_given() -> None:
    assert AttentionSettings.of(AttentionParameter(), 16).scale == 0.25
    assert AttentionSettings.of(AttentionParameter(scale=0), 16).scale == 0
