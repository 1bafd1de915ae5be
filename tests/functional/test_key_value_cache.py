from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault
from layerzoo.functional.key_value_cache import KeyValueCache


def test_steps_are_kept_in_order_past_the_first_memory() -> None:
    kept, keys, values = KeyValueCache(), torch.randn(2, 3, 200, 4), torch.randn(2, 3, 200, 5)
    at = 0
    for count in (1, 5, 60, 1, 133):
        new = slice(at, at + count)
        found = kept.extended(keys[:, :, new], values[:, :, new], None, None)
        at += count
        assert kept.steps == at
        assert torch.equal(found[0], keys[:, :, :at])
        assert torch.equal(found[1], values[:, :, :at])
        assert found[2] is None


def test_window_leaves_out_keys_that_no_new_query_sees() -> None:
    kept, keys = KeyValueCache(3), torch.arange(8.0).reshape(1, 1, 8, 1)
    kept.extended(keys[:, :, :4], keys[:, :, :4], None, None)
    found = kept.extended(keys[:, :, 4:6], keys[:, :, 4:6], None, None)
    assert found[0].flatten().tolist() == [2, 3, 4, 5]  # the query at 4 sees 2, 3 and 4


def test_mask_is_kept_and_rows_are_selected() -> None:
    kept, keys = KeyValueCache(), torch.arange(4.0).reshape(2, 1, 2, 1)
    kept.extended(keys, keys, torch.tensor([[1, 0], [1, 1]]), None)
    kept.select(torch.tensor([1, 1, 0]))
    new = torch.full((3, 1, 1, 1), 9.0)
    found, _, mask = kept.extended(new, new, torch.ones(3, 1), None)
    assert found[:, 0, :, 0].tolist() == [[2, 3, 9], [2, 3, 9], [0, 1, 9]]
    assert mask is not None
    assert mask.tolist() == [[1, 1, 1], [1, 1, 1], [1, 0, 1]]


@pytest.mark.parametrize("rest", [(torch.ones(1, 2, 2), None), (None, torch.ones(1))])
def test_masks_of_queries_and_lengths_are_faults(
    rest: tuple[torch.Tensor | None, torch.Tensor | None],
) -> None:
    keys = torch.zeros(1, 1, 2, 1)
    with pytest.raises(LayerFault, match="can't be decoded step by step"):
        KeyValueCache().extended(keys, keys, *rest)
