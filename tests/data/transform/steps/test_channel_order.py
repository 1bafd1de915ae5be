import numpy as np

from layerzoo.data.transform import Pipeline
from layerzoo.data.transform.steps.channel_order import ChannelOrder


def test_channels_are_reordered():
    images = np.arange(6, dtype=np.uint8).reshape(2, 3, 1, 1)
    for batch in (images, list(images)):
        out = Pipeline(ChannelOrder((2, 0, 1)))(batch, np.arange(2))
        assert out[:, :, 0, 0].tolist() == [[2, 0, 1], [5, 3, 4]]
