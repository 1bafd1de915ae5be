import numpy as np
import pytest

from layerzoo.data.transform.steps.mean import Mean
from layerzoo.errors import LayerFault
from layerzoo.schema import TEST, TransformationParameter


def test_of_reads_the_file_or_the_values(tmp_path):
    np.save(tmp_path / "mean.npy", np.ones((3, 2, 2)))
    assert Mean.of(TransformationParameter(mean_file=str(tmp_path / "mean.npy")), TEST).is_image
    values = Mean.of(TransformationParameter(mean_value=[1, 2]), TEST)
    assert not values.is_image
    assert values.mean.ravel().tolist() == [1, 2]
    assert Mean.of(TransformationParameter(), TEST) is None


@pytest.mark.parametrize(
    ("mean", "field", "message"),
    [
        (np.zeros((1, 3, 3)), "mean_file", "the mean has shape 1 x 3 x 3, the images 3 x 4 x 4"),
        (np.zeros((2, 1, 1)), "mean_value", "2 values of mean_value for 3 channels"),
        (np.zeros((2, 1, 1)), "mean_file", "2 values of mean_file for 3 channels"),
    ],
)
def test_mismatched_mean_is_a_fault_of_its_field(mean, field, message):
    with pytest.raises(LayerFault, match=message) as caught:
        Mean(mean, field).top_shape((3, 4, 4))
    assert caught.value.field == f"transform_param.{field}"


def test_centre_is_placed_by_the_width():
    mean = np.arange(48.0).reshape(1, 6, 8)
    assert Mean(mean).centre(4).mean[0, 0].tolist() == [18, 19, 20, 21]
    values = Mean(np.ones((3, 1, 1)))
    assert values.centre(4) is values
    with pytest.raises(LayerFault, match="the mean has shape 1 x 6 x 8, the windows 1 x 7 x 7"):
        Mean(mean).centre(7)


def test_accepted_shape_is_that_of_the_mean():
    assert Mean(np.zeros((3, 6, 8))).accepted_shape((1, 2, 2)) == (3, 6, 8)
    assert Mean(np.zeros((3, 1, 1))).accepted_shape((1, 2, 2)) == (3, 2, 2)
    assert Mean(np.zeros((1, 1, 1))).accepted_shape((3, 2, 2)) == (3, 2, 2)
