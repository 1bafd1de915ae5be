"""HDF5Output: write the bottoms to an HDF5 file."""

from __future__ import annotations

from collections.abc import Sequence

import h5py
import torch

from layerzoo.errors import DataError, LayerFault
from layerzoo.layer import Layer, Shape, exactly, register
from layerzoo.schema import LayerParameter


@register
class HDF5Output(Layer):
    """Write the bottoms to the datasets ``data`` and ``label``, appending batches along axis 0.

    The first forward pass creates the file and replaces an existing one. Unlike Caffe's layer it can write
    more than one batch.

    Shapes: bottoms (N, ...) and (N, ...), no tops. Source: Caffe's ``hdf5_output_layer``.
    """

    family = "data"
    deployed = False
    writes_files = True
    no_gradient = "it has no top"
    example = 'file_name: "features.h5"'
    bottoms = exactly(2)
    tops = exactly(0)
    messages = ("hdf5_output_param",)
    stays_fp32 = True
    has_effects = True

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self._created = False

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        if not param.hdf5_output_param.file_name:
            field = "hdf5_output_param.file_name"
            raise LayerFault("file_name is missing", field=field, hint="name the HDF5 file to write")
        if bottoms[0][:1] != bottoms[1][:1] or not bottoms[0]:
            raise LayerFault(
                f"rows of {bottoms[0]} with labels of {bottoms[1]}; expected as many of each", bottom=1
            )
        return []

    def forward(self, data: torch.Tensor, label: torch.Tensor) -> tuple[()]:
        name = self.param.hdf5_output_param.file_name
        try:
            with h5py.File(name, "a" if self._created else "w") as file:
                _append(file, "data", data)
                _append(file, "label", label)
        except OSError as error:
            raise DataError(f"{name}: can't be written: {error}") from None
        self._created = True
        return ()


def _append(file: h5py.File, name: str, blob: torch.Tensor) -> None:
    rows = blob.detach().float().cpu().numpy()
    dataset = file.get(name)
    if dataset is None:
        file.create_dataset(name, data=rows, maxshape=(None, *rows.shape[1:]))
    else:
        dataset.resize(len(dataset) + len(rows), axis=0)
        dataset[-len(rows) :] = rows
