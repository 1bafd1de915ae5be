import h5py
import numpy as np
import pytest
import torch

from layerzoo.errors import DataError, LayerFault


@pytest.fixture
def output(make, tmp_path):
    def output(name="out.h5", data=(2, 3, 1), label=(2,)):
        file = str(tmp_path / name) if name else ""
        return make("HDF5Output", data, label, hdf5_output_param={"file_name": file})

    return output


def test_batches_are_appended(output, tmp_path):
    layer = output()
    data = torch.arange(12.0).reshape(4, 3, 1)
    assert layer(data[:3], torch.tensor([1.0, 2, 3])) == ()
    assert layer(data[3:], torch.tensor([4.0])) == ()
    with h5py.File(tmp_path / "out.h5") as file:
        assert set(file) == {"data", "label"}
        assert file["data"].dtype == np.float32
        assert (file["data"][:] == data.numpy()).all()
        assert file["label"][:].tolist() == [1, 2, 3, 4]


def test_new_layer_overwrites_the_file(output, tmp_path):
    for _ in range(2):
        output()(torch.zeros(2, 3, 1), torch.zeros(2))
    with h5py.File(tmp_path / "out.h5") as file:
        assert len(file["data"]) == 2


def test_file_is_created_on_first_pass(output, tmp_path):
    layer = output()
    assert type(layer).top_shapes(layer.param, [(2, 3), (2,)]) == []
    assert not list(tmp_path.iterdir())


def test_config_faults(output):
    with pytest.raises(LayerFault, match="file_name is missing"):
        output("")
    with pytest.raises(LayerFault, match="expected as many") as caught:
        output(label=(3,))
    assert caught.value.bottom == 1


def test_missing_folder_is_an_error(output):
    with pytest.raises(DataError, match=r"none/out\.h5: can't be written"):
        output("none/out.h5")(torch.zeros(2, 3, 1), torch.zeros(2))


def example(folder):
    """Example for the contract tests of all layers."""
    return f"""
    layer {{
      name: "in" type: "Input" top: "x" top: "y"
      input_param {{ shape {{ dim: 2 dim: 3 }} shape {{ dim: 2 }} }}
    }}
    layer {{
      name: "l" type: "HDF5Output" bottom: "x" bottom: "y"
      hdf5_output_param {{ file_name: "{folder / "out.h5"}" }}
    }}
    """
