from __future__ import annotations

import torch

from layerzoo.functional.attention import AttentionMask, attention_mask, attention_weights
from layerzoo.functional.attention_source import ROTARY, SOURCE
from layerzoo.functional.rotary import rotated


def functions(source: str) -> dict:
    module: dict = {"torch": torch}
    exec(source, module)
    return module


def test_source_sees_the_same_keys() -> None:
    q, k, lengths = torch.randn(2, 1, 3, 4), torch.randn(2, 1, 5, 4), torch.tensor([5, 0])
    written = functions(SOURCE)
    for mask in (torch.rand(2, 5).round(), torch.rand(2, 3, 5).round()):
        rest = {"causal": True, "window": 2, "mask": mask, "lengths": lengths}
        seen = attention_mask(3, 5, q.device, **rest)
        assert torch.equal(written["attention_mask"](q, k, **rest), seen.keys)
        scores = q @ k.mT
        torch.testing.assert_close(
            written["attention_weights"](scores, seen.keys), attention_weights(scores, seen)
        )
    seen = AttentionMask(written["attention_mask"](q, k), all_see=True)
    torch.testing.assert_close(
        attention_weights(q @ k.mT, seen), attention_weights(q @ k.mT, AttentionMask())
    )


def test_source_turns_the_same_values() -> None:
    x = torch.randn(2, 1, 3, 6)
    for interleaved in (False, True):
        found = functions(ROTARY)["rotated"](x, 4, 100, interleaved)
        torch.testing.assert_close(found, rotated(x, 4, 100, interleaved))
