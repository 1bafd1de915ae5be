"""Look at the data of nets: what they are fed, statistics, duplicates, and likely mistakes.

`sources` finds the sources of a net; `sheet` draws samples before and after the transforms; `statistics`
reads every sample once; `findings` judges what was found; `quick` is the part that training runs by itself.
"""
