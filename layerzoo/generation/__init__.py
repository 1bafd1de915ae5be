"""Generate samples by nets: texts token by token, and what a net computes from noise."""
