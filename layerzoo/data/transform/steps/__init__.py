"""The steps of the transform pipeline, one module each; see `layerzoo.data.transform.step`."""
