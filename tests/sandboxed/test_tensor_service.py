"""Weights, states, snapshots and means in the sandbox equal those that are read without it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from layerzoo import weights
from layerzoo.blobs.named import NamedBlobs
from layerzoo.data.mean import read_mean
from layerzoo.errors import SnapshotError, WeightsError
from layerzoo.reader.arrays import unpacked
from layerzoo.reader.protocol import Message
from layerzoo.sandboxed import tensor_service
from layerzoo.snapshot import CaffeState, read_state, write_state


class Progress:
    """Ignores reports."""

    def item(self, number: int) -> None:
        pass


def opened(kind: str, path: Path, **setup: Any) -> tensor_service.TensorService:
    progress: Any = Progress()
    service: tensor_service.TensorService = getattr(tensor_service, kind)(
        {"path": str(path), **setup}, progress
    )
    return service


def tensors(service: tensor_service.TensorService) -> list[np.ndarray[Any, Any]]:
    answers = [service.read(Message({"index": index}, [])) for index in range(len(service.tensors))]
    return [unpacked(head, [memoryview(part) for part in parts]) for head, parts in answers]


@pytest.fixture
def params() -> dict[str, NamedBlobs[torch.Tensor]]:
    generator = torch.Generator().manual_seed(0)
    return {
        "conv": NamedBlobs([torch.randn(2, 3, generator=generator), torch.randn(2, generator=generator)]),
        "fc": NamedBlobs([torch.tensor(2.5)], ["net.scale"]),
    }


@pytest.mark.parametrize("suffix", ["caffemodel", "h5", "safetensors"])
def test_weights_service_gives_layers_and_values(
    suffix: str, tmp_path: Path, params: dict[str, NamedBlobs[torch.Tensor]]
) -> None:
    weights.save(params, tmp_path / f"w.{suffix}")
    service = opened("WeightsService", tmp_path / f"w.{suffix}")
    facts = service.facts()
    own = "net.scale" if suffix == "safetensors" else "0"
    assert sorted(facts["layers"]) == [["conv", ["0", "1"], [True, True]], ["fc", [own], [True]]]
    assert sorted(map(str, facts["shapes"])) == ["[2, 3]", "[2]", "[]"]
    values = {array.shape: array for array in tensors(service)}
    assert all(np.array_equal(values[blob.shape], blob) for blobs in params.values() for blob in blobs)


def test_state_service_gives_history_and_numbers(tmp_path: Path) -> None:
    write_state(tmp_path / "s.solverstate", CaffeState(7, "w.caffemodel", [torch.arange(4.0)], 2))
    service = opened("StateService", tmp_path / "s.solverstate")
    assert service.facts() == {
        "iteration": 7,
        "learned_net": "w.caffemodel",
        "current_step": 2,
        "minimum_loss": None,
        "last_event": 0,
        "shapes": [[4]],
    }
    assert tensors(service)[0].tolist() == [0, 1, 2, 3]


def test_safetensors_service_gives_names_and_bits(tmp_path: Path) -> None:
    saved = {"a/0": torch.tensor([1.5, -2.0], dtype=torch.bfloat16), "b": torch.tensor([3])}
    save_file(saved, tmp_path / "t.safetensors", {"order": "x"})
    service = opened("SafetensorsService", tmp_path / "t.safetensors")
    assert sorted(service.facts()["names"]) == ["a/0", "b"]
    assert service.facts()["metadata"] == {"order": "x"}
    head, _ = service.read(Message({"index": service.facts()["names"].index("a/0")}, []))
    assert (head["dtype"], head["bfloat16"]) == ("int16", True)
    (tmp_path / "t.safetensors").write_bytes(b"x" * 100)
    with pytest.raises(SnapshotError, match="safetensors can't be read"):
        opened("SafetensorsService", tmp_path / "t.safetensors")


def boxed(monkeypatch: pytest.MonkeyPatch, function: Callable[[], Any]) -> Any:
    monkeypatch.setenv("LAYERZOO_SANDBOX", "1")
    return function()


@pytest.mark.slow
def test_files_in_the_sandbox_equal_those_outside(
    tmp_path: Path, params: dict[str, NamedBlobs[torch.Tensor]], monkeypatch: pytest.MonkeyPatch
) -> None:
    weights.save(params, tmp_path / "w.caffemodel")
    write_state(tmp_path / "s.h5", CaffeState(7, "w", [torch.arange(4.0)], 2))
    np.save(tmp_path / "m.npy", np.arange(3.0))
    read = boxed(monkeypatch, lambda: weights.read(tmp_path / "w.caffemodel"))
    assert all(torch.equal(a, b) for name in params for a, b in zip(params[name], read[name], strict=True))
    state = boxed(monkeypatch, lambda: read_state(tmp_path / "s.h5"))
    assert (state.iteration, state.learned_net, state.history[0].tolist()) == (7, "w", [0, 1, 2, 3])
    assert boxed(monkeypatch, lambda: read_mean(tmp_path / "m.npy")).ravel().tolist() == [0, 1, 2]


@pytest.mark.slow
def test_damaged_weights_in_the_sandbox_have_their_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "w.caffemodel").write_bytes(b"\x0a\xff\xff garbage")

    def text() -> str:
        with pytest.raises(WeightsError) as error:
            weights.read(tmp_path / "w.caffemodel")
        return str(error.value)

    plain = text()
    assert boxed(monkeypatch, text) == plain
