"""The arms of reinforce_bandit.yaml, as a Python layer: what an arm pays when it is pulled."""

from collections.abc import Sequence

import numpy as np

from layerzoo.host import Blob, PythonLayer

Blobs = Sequence[Blob]


class Arms(PythonLayer):
    """Arms that pay 1 or nothing, each with a probability of its own.

    Bottoms: the arm that each player pulls, and a number for each, drawn evenly from 0 to 1.
    Tops: the reward of each player, and whether the arm was the best one.
    """

    def setup(self, bottom: Blobs, top: Blobs) -> None:
        """Read the chances of the arms."""
        self.chances = np.array([float(word) for word in self.param_str.split()])

    def reshape(self, bottom: Blobs, top: Blobs) -> None:
        """Make room for a number of each player."""
        for blob in top:
            blob.reshape(*bottom[0].shape)

    def forward(self, bottom: Blobs, top: Blobs) -> None:
        """Pull the arms."""
        arm = bottom[0].data.astype(int)
        top[0].data[...] = bottom[1].data < self.chances[arm]
        top[1].data[...] = arm == self.chances.argmax()
