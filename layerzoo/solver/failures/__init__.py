"""What ends a run early: memory that runs out, and losses or gradients that become NaN or infinite."""
