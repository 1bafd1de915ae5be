"""TF32, BF16 and FP16, layer by layer, and the loss scale of FP16."""
