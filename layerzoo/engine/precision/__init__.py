"""Mixed precision: TF32, BF16 and FP16 by layer, and the loss scale of FP16."""
