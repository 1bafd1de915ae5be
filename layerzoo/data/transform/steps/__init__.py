"""The steps of the transform pipeline, a module each; see `layerzoo.data.transform.step`."""
