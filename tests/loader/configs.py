"""A solver and the net that it names, for tests of loading."""

SOLVER = 'net: "net.prototxt"\nbase_lr: 0.01\nmax_iter: 100\n'

NET = """name: "net"
layer { name: "data" type: "Input" top: "x" include { phase: TRAIN } input_param { shape { dim: [2, 3] } } }
layer { name: "data" type: "Input" top: "x" include { phase: TEST } input_param { shape { dim: [5, 3] } } }
layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip" inner_product_param { num_output: 4 } }
"""
