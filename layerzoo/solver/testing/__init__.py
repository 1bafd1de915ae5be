"""Testing: averaged outputs of the test nets, the score, and early stopping."""
