"""The seed of random numbers in a compiled pass is a constant of its graph."""

import torch

from layerzoo.layer.compiled_seed import constant_seed
from layerzoo.seeds import stable_seed


def test_constant_seed_is_the_stable_seed_also_when_compiled() -> None:
    def seeded(x: torch.Tensor) -> torch.Tensor:
        return x + constant_seed(7, "drop", "mask") % 1000

    compiled = torch.compile(seeded, backend="eager", fullgraph=True)
    expected = stable_seed(7, "drop", "mask") % 1000
    assert compiled(torch.zeros((), dtype=torch.int64)).item() == expected
