"""How a net that answers tokens by tokens reads texts."""

from __future__ import annotations

from layerzoo.data.translation import Translation

HOW = Translation(
    lambda text: [int(one) for one in text], str, (3, 2), True, ["source", "given", "target", "steps"]
)


def test_blobs_are_one_sample_of_the_layer() -> None:
    blobs = HOW.blobs([4, 5], [6])
    assert {name: blob.shape for name, blob in blobs.items()} == {
        "source": (3, 1),
        "given": (3, 1),
        "target": (3, 1),
        "steps": (1,),
    }
    assert blobs["source"].ravel().tolist() == [4, 5, 0]
    assert blobs["given"].ravel().tolist() == [0, 6, 0]
    assert blobs["steps"].tolist() == [2]
    assert HOW._replace(time_first=False).blobs([4], [])["given"].shape == (1, 3)


def test_blobs_of_fewer_tops_are_the_first_ones() -> None:
    fewer = HOW._replace(tops=["source"])
    assert list(fewer.blobs([4], [])) == ["source"]
    assert (HOW.given, fewer.given) == ("given", "")
