"""How a pass runs: the whole net under autograd, layer by layer, or over blobs that a program shares."""
