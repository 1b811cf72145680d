"""convlib: every kind of convolution in NumPy, and the explorables that show it.

Import the room that you need::

    from convlib import functional, grad, matrix                # operations, gradients, matrices
    from convlib import separable, grouped, deformable, resampling, chunked     # built on them
    from convlib import signal, sparse_coding                   # signal processing
    from convlib import reference                               # the definitions, as loops
    from convlib.compute import ways, tiles                     # the fast ways
    from convlib import shapes, receptive                       # sizes, costs, receptive fields
    from convlib.networks import zoo                            # the named networks
    from convlib import data, explorables, i18n, measured, plot     # what the chapters show with
"""

__version__ = "0.1.0"
