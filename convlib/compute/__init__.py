"""How a convolution is computed: which way is chosen, the ways, and how they cut the work."""
