"""convlib: every kind of convolution in NumPy, and the explorables that show it.

Import the room that you need::

    from convlib import functional, reference, shapes, signal   # operations and arithmetic
    from convlib import data, explorables, i18n, plot           # what the chapters show them with
"""

__version__ = "0.1.0"
