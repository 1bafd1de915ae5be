"""Checks of nets from untrusted sources."""

from __future__ import annotations

import pytest
import torch

from layerzoo.blobs.named import NamedBlobs
from layerzoo.errors import ZooError
from layerzoo.loader import parse_net
from layerzoo.net import graph_of
from layerzoo.schema import TEST, NetState
from layerzoo.weights import StoredBlob
from layerzoo.zoo.trust import check_memory, check_net, check_weights, paths_in, stays_inside

NET = """
layer:
- {name: data, type: Input, top: data, input_param: {shape: {dim: [1, 100]}}}
- {name: ip, type: InnerProduct, bottom: data, top: ip,
   inner_product_param: {num_output: 9, bias_term: false}}
"""


@pytest.mark.parametrize("path", ["a", "a/b", "./a", "a..b", "...", "a/.b", "ä"])
def test_stays_inside_accepts_relative_paths(path: str) -> None:
    assert stays_inside(path)


@pytest.mark.parametrize(
    "path",
    ["/", "/a", "..", "../a", "a/../b", "a/..", "C:", "C:a", "c:\\a", "\\a", "\\\\host\\share", "a\\..\\b"],
)
def test_stays_inside_refuses_escaping_paths(path: str) -> None:
    assert not stays_inside(path)


def test_every_path_of_a_net_is_checked() -> None:
    message = parse_net(
        """
layer:
- {name: a, type: ImageData, top: [a, b],
   image_data_param: {source: list.txt, root_folder: /images},
   transform_param: {mean_file: m2}}
- {name: c, type: HDF5Data, top: [c], hdf5_data_param: {source: h.txt, batch_size: 1}}
""",
        format="yaml",
    ).message
    assert paths_in(message) == {"list.txt", "/images", "m2", "h.txt"}
    with pytest.raises(ZooError, match=r"x: layer 'a' \(ImageData\) names '/images'"):
        check_net(message, "x")
    check_net(message, "x", own={"/images"})


def test_memory_is_checked_before_the_net_is_built() -> None:
    graph = graph_of(parse_net(NET, format="yaml"), NetState(phase=TEST))
    check_memory(graph, "x", limit=4 * (100 + 9 + 900))
    with pytest.raises(ZooError, match=r"x: the net needs 0\.0 GB of memory"):
        check_memory(graph, "x", limit=4 * (100 + 9 + 900) - 1)


def test_weights_are_checked_by_shape() -> None:
    graph = graph_of(parse_net(NET, format="yaml"), NetState(phase=TEST))

    def stored(*shape: int) -> StoredBlob:
        return StoredBlob(shape, lambda: torch.zeros(shape))

    check_weights(graph, {"ip": NamedBlobs([stored(9, 100)]), "more": NamedBlobs([stored(1)])}, "x")
    check_weights(graph, {"ip": NamedBlobs([stored(1, 1, 9, 100)])}, "x")
    with pytest.raises(
        ZooError, match=r"layer 'ip', blob 0, have shape \(9, 99\); the net expects \(9, 100\)"
    ):
        check_weights(graph, {"ip": NamedBlobs([stored(9, 99)])}, "x")
    for missing in ({}, {"ip": NamedBlobs()}, {"ip": NamedBlobs([None])}):
        with pytest.raises(ZooError, match="weights are missing for blob 0 of layer 'ip'"):
            check_weights(graph, missing, "x")
