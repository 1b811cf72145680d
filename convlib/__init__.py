"""convlib: every kind of convolution in NumPy, and the explorables that show it.

Import the module that you need::

    from convlib import functional, grad, matrix                # operations, gradients, matrices
    from convlib import separable, grouped, deformable, chunked # kinds that are built on them
    from convlib import pooling, resampling                     # maps made smaller and larger
    from convlib import signal, deconvolution, sparse_coding    # signal processing
    from convlib import reference                               # the definitions, as loops
    from convlib.compute import choose, ways, tiles             # the algorithms
    from convlib import shapes, costs, receptive                # sizes, costs, receptive fields
    from convlib.networks import zoo                            # the named networks
    from convlib import nn                                      # networks run and trained
    from convlib import data, explorables, i18n, measured, plot     # what the chapters show with
"""

__version__ = "0.1.0"
