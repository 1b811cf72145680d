"""How a convolution is computed: which algorithm is chosen, how each works, how work is cut."""
