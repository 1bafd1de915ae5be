"""Testing: averaged outputs of the test nets, the score that they give, and early stopping by it."""
