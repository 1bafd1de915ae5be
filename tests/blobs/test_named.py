import pytest
import torch

from layerzoo.blobs.named import ORDER, NamedBlobs, by_layer, flat, names_of, order_of


def test_names_of_are_indices_unless_given() -> None:
    assert names_of([1, 2]) == ["0", "1"]
    assert names_of(NamedBlobs([1, 2], ["0", "fc.weight"])) == ["0", "fc.weight"]


def test_find_goes_by_name_before_index() -> None:
    blobs = NamedBlobs(["a", "b"], ["0", "fc.weight"])
    assert blobs.find(5, "fc.weight") == "b"
    assert blobs.find(0, "0") == "a"
    assert blobs.find(1, "fc.bias") is None  # another name is no match by position
    assert NamedBlobs(["a", "b"]).find(1, "fc.bias") == "b"
    assert NamedBlobs(["a"]).find(1, "1") is None


def test_by_layer_undoes_flat_in_order() -> None:
    layers = {
        "b/c": NamedBlobs([torch.tensor(1.0), torch.tensor(2.0), torch.tensor(3.0)], ["0", "z.w", "a.w"]),
        "a": NamedBlobs([torch.tensor(4.0)]),
    }
    tensors = flat(layers)
    assert list(tensors) == ["b/c/0", "b/c/z.w", "b/c/a.w", "a/0"]
    order = order_of(layers)[ORDER]
    back = by_layer(dict(sorted(tensors.items())), order)
    assert back["b/c"].names == ["0", "z.w", "a.w"]
    assert [float(b) for b in back["b/c"]] == [1, 2, 3]
    assert order_of({"a": layers["a"]}) == {}


@pytest.mark.parametrize("key", ["weight", "a/", ""])
def test_by_layer_refuses_a_name_without_layer(key: str) -> None:
    with pytest.raises(ValueError, match="not <layer>/<index> or <layer>/<name>"):
        by_layer({key: 1})


def test_by_layer_refuses_a_gap() -> None:
    with pytest.raises(ValueError, match=r"of layer 'a' there are only blobs \[0, 2\]"):
        by_layer({"a/0": 1, "a/2": 1})
