import pytest
import torch

from layerzoo.blobs.named import (
    ORDER,
    LayerId,
    NamedBlobs,
    by_layer,
    find_layer,
    flat,
    id_of,
    keyed,
    layer_ids,
    names_of,
    order_of,
    parse_name,
    stored_name,
)


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


def test_layer_ids_number_equal_names() -> None:
    assert layer_ids(["i", "j", "i", "", "i", ""]) == [
        ("i", 1),
        ("j", 1),
        ("i", 2),
        ("", 1),
        ("i", 3),
        ("", 2),
    ]


@pytest.mark.parametrize(
    ("layer", "blob", "stored"),
    [
        (LayerId("i"), "0", "i/0"),
        (LayerId("i", 2), "0", "i/2:0"),
        (LayerId("a/b", 12), "fc.weight", "a/b/12:fc.weight"),
        (LayerId("", 2), "1", "/2:1"),
        (LayerId("i"), "2:0", "i/1:2:0"),  # a submodule's param of that name
        (LayerId("i/2:0"), "0", "i/2:0/0"),
        (LayerId("i#2"), "0", "i#2/0"),
    ],
)
def test_stored_name_is_parsed_back(layer: LayerId, blob: str, stored: str) -> None:
    assert stored_name(layer, blob) == stored
    assert parse_name(stored) == (layer, blob)


def test_keyed_never_uses_the_name_of_another_layer() -> None:
    ids = [LayerId("i"), LayerId("i", 2), LayerId("i#2"), LayerId("i", 3)]
    assert list(keyed(dict.fromkeys(ids))) == ["i", "i##2", "i#2", "i#3"]


def test_by_layer_keeps_layers_of_one_name_apart() -> None:
    layers = {
        key: NamedBlobs([torch.tensor(value)], ["fc.w"], layer)
        for key, layer, value in (
            ("i", LayerId("i"), 1.0),
            ("i##2", LayerId("i", 2), 2.0),
            ("i#2", LayerId("i#2"), 3.0),
        )
    }
    tensors = flat(layers)
    assert list(tensors) == ["i/fc.w", "i/2:fc.w", "i#2/fc.w"]
    back = by_layer(dict(sorted(tensors.items())), order_of(layers)[ORDER])
    assert {key: (blobs.layer, float(blobs[0])) for key, blobs in back.items()} == {
        "i": (LayerId("i"), 1.0),
        "i##2": (LayerId("i", 2), 2.0),
        "i#2": (LayerId("i#2"), 3.0),
    }


@pytest.mark.parametrize("key", ["i/0:0", "i/2:"])
def test_by_layer_refuses_a_number_without_meaning(key: str) -> None:
    with pytest.raises(ValueError, match="not <layer>/<index> or <layer>/<name>"):
        by_layer({key: 1})


def test_by_layer_refuses_a_blob_that_is_there_twice() -> None:
    with pytest.raises(ValueError, match="two blobs '0' of layer 'i'"):
        by_layer({"i/0": 1, "i/1:0": 1})


def test_find_layer_of_an_empty_name_takes_files_from_before_0_3() -> None:
    old = {LayerId("innerproduct3"): NamedBlobs(["w"])}
    assert find_layer(old, LayerId(""), "innerproduct3") == ["w"]
    assert find_layer(old, LayerId("j"), "innerproduct3") == []
    assert find_layer({LayerId(""): NamedBlobs(["v"]), **old}, LayerId(""), "innerproduct3") == ["v"]


def test_id_of_is_the_key_unless_the_blobs_say_more() -> None:
    assert id_of("a", [1]) == id_of("a", NamedBlobs([1])) == LayerId("a")
    assert id_of("a#2", NamedBlobs([1], None, LayerId("a", 2))) == LayerId("a", 2)


def test_layer_inside_another_has_its_path_as_name() -> None:
    assert LayerId("decoder", 2).inside("gru/0") == LayerId("decoder/gru/0", 2)
    assert LayerId("").inside("gru") == LayerId("gru")
    assert LayerId("decoder").inside("") == LayerId("decoder")
