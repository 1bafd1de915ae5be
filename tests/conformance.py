"""What Caffe and its forks computed, layer by layer, as recorded in ``tests/data/conformance``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, cast

import numpy as np
import torch

from layerzoo.loader import parse_net
from layerzoo.schema import NetParameter

FOLDER = Path(__file__).parent / "data" / "conformance"
TOLERANCE = 1e-4
CAFFES = sorted(path.stem for path in (FOLDER / "layers").glob("*.npz"))
FORKS = sorted(f"forks/{path.stem}" for path in (FOLDER / "forks" / "layers").glob("*.npz"))
NAMES = CAFFES + FORKS


@dataclass(frozen=True)
class Recording:
    """One case; the README beside the data says what each key holds."""

    name: str

    @cached_property
    def _arrays(self) -> dict[str, np.ndarray]:
        folder, _, name = self.name.rpartition("/")
        with np.load(FOLDER / folder / "layers" / f"{name}.npz") as stored:
            return dict(stored)

    @property
    def phase(self) -> Literal["TRAIN", "TEST"]:
        return cast(Literal["TRAIN", "TEST"], str(self._arrays["phase"]))

    @property
    def net(self) -> NetParameter:
        return parse_net(str(self._arrays["prototxt"])).message

    def all(self, kind: str) -> dict[str, torch.Tensor]:
        """The tensors of a kind (``in``, ``out``, ``in_diff`` …) by what stands after it."""
        return {
            key.removeprefix(f"{kind}/"): torch.from_numpy(value.copy())
            for key, value in self._arrays.items()
            if key.startswith(f"{kind}/")
        }

    def params(self, kind: str) -> Iterator[tuple[str, int, torch.Tensor]]:
        """Layer, index and tensor of each param blob of ``param``, ``param_after`` or ``param_diff``."""
        for key, value in self.all(kind).items():
            layer, _, index = key.rpartition("/")
            yield layer, int(index), value


def differences(computed: dict[str, torch.Tensor], recorded: dict[str, torch.Tensor]) -> list[str]:
    """What is outside ``|a - b| <= 1e-4 + 1e-4 |b|``, or of another shape; empty where all agrees."""
    found = []
    for key, want in recorded.items():
        got = computed[key].detach().cpu()
        if got.shape != want.shape:
            found.append(f"{key}: shape {tuple(got.shape)}, recorded {tuple(want.shape)}")
        elif not torch.allclose(got, want, rtol=TOLERANCE, atol=TOLERANCE):
            found.append(f"{key}: off by up to {(got - want).abs().max():g}")
    return found
