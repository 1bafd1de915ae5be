import torch

EXAMPLE = """layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 dim: 2 dim: 2 } } }
layer { name: "l" type: "ChannelNorm" bottom: "x" top: "y" }
"""


def test_channel_norm_by_hand(make):
    x = torch.zeros(1, 2, 1, 2)
    x[0, :, 0, 0] = torch.tensor([3.0, -4.0])
    x.requires_grad_()
    y = make("ChannelNorm", (1, 2, 1, 2))(x)
    assert y.tolist() == [[[[5, 0]]]]
    y.sum().backward()
    assert x.grad[0, :, 0, 0].tolist() == torch.tensor([0.6, -0.8]).tolist()
    assert x.grad[0, :, 0, 1].tolist() == [0, 0]
