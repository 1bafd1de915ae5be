"""Python layers that tests name in nets."""

from __future__ import annotations

from typing import Any

import layerzoo.pycaffe as caffe


class Ten(caffe.Layer):
    def setup(self, bottom: Any, top: Any) -> None:
        pass

    def reshape(self, bottom: Any, top: Any) -> None:
        top[0].reshape(*bottom[0].data.shape)

    def forward(self, bottom: Any, top: Any) -> None:
        top[0].data[...] = 10 * bottom[0].data

    def backward(self, top: Any, propagate_down: Any, bottom: Any) -> None:
        bottom[0].diff[...] = 10 * top[0].diff


class Raises(caffe.Layer):
    def setup(self, bottom: Any, top: Any) -> None:
        raise RuntimeError("of its own")


class RaisesLater(Ten):
    def forward(self, bottom: Any, top: Any) -> None:
        raise KeyError("of its own")


class Param(caffe.Layer):
    def setup(self, bottom: Any, top: Any) -> None:
        self.blobs.add_blob(1)
        self.blobs[0].data[0] = 0

    def reshape(self, bottom: Any, top: Any) -> None:
        top[0].reshape(*bottom[0].data.shape)

    def forward(self, bottom: Any, top: Any) -> None:
        pass

    def backward(self, top: Any, propagate_down: Any, bottom: Any) -> None:
        self.blobs[0].diff[0] = 1


class Phase(caffe.Layer):
    def reshape(self, bottom: Any, top: Any) -> None:
        top[0].reshape()

    def forward(self, bottom: Any, top: Any) -> None:
        top[0].data[()] = self.phase


class Batches(caffe.Layer):
    """A data layer whose batch a program sets."""

    def setup(self, bottom: Any, top: Any) -> None:
        assert not bottom
        self.batch: Any = [[1.0, 2.0]]

    def reshape(self, bottom: Any, top: Any) -> None:
        top[0].reshape(len(self.batch), 2)

    def forward(self, bottom: Any, top: Any) -> None:
        top[0].data[...] = self.batch

    def backward(self, top: Any, propagate_down: Any, bottom: Any) -> None:
        pass


class Images(caffe.Layer):
    """Images of ones of a changing size; ``forward`` sets the shape, as many published layers do."""

    size = 3

    def reshape(self, bottom: Any, top: Any) -> None:
        if not top[0].count > 1:
            top[0].reshape(1, 1, self.size, self.size)

    def forward(self, bottom: Any, top: Any) -> None:
        top[0].reshape(1, 1, self.size, self.size)
        top[0].data[...] = 1

    def backward(self, top: Any, propagate_down: Any, bottom: Any) -> None:
        pass


class Table(caffe.Layer):
    """A layer with a matrix as param, created empty, reshaped in ``setup``, and read flat in ``forward``."""

    def setup(self, bottom: Any, top: Any) -> None:
        self.blobs.add_blob()
        self.blobs[0].reshape(2, bottom[0].shape[1])
        self.blobs[0].data[...] = [[1, 2, 3], [4, 5, 6]]

    def reshape(self, bottom: Any, top: Any) -> None:
        top[0].reshape(bottom[0].num, 2)

    def forward(self, bottom: Any, top: Any) -> None:
        self.blobs[0].reshape(6)
        self.row = self.blobs[0].data.copy()
        self.blobs[0].reshape(2, 3)
        top[0].data[...] = bottom[0].data @ self.blobs[0].data.T

    def backward(self, top: Any, propagate_down: Any, bottom: Any) -> None:
        self.blobs[0].diff[...] += top[0].diff.T @ bottom[0].data
