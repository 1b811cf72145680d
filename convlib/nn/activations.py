"""Activation functions, forward and backward: what `run` needs for them.

All but softmax and PReLU treat each number by itself.
"""

from math import pi, sqrt

import numpy as np
from scipy.special import expit, ndtr, softmax

from convlib.nn import norms


def relu_forward(module, x, mode):
    """``y = max(x, 0)``."""
    y = np.maximum(x, 0)
    return y, y


def relu_backward(module, y, dy, to_input):
    """``dx = dy`` where x was above 0, and 0 elsewhere."""
    return dy * (y > 0), {}


def relu6_forward(module, x, mode):
    """``y = min(max(x, 0), 6)``."""
    y = np.clip(x, 0, 6)
    return y, y


def relu6_backward(module, y, dy, to_input):
    """``dx = dy`` where x was between 0 and 6."""
    return dy * ((y > 0) & (y < 6)), {}


def leaky_relu_forward(module, x, mode):
    """``y = x`` above 0, and a·x below."""
    return np.where(x > 0, x, x * module.layer.negative_slope), x > 0


def leaky_relu_backward(module, above, dy, to_input):
    """``dx = dy`` above 0, and a·dy below."""
    return np.where(above, dy, dy * module.layer.negative_slope), {}


def prelu_initial(layer, rng):
    """Return the slopes below 0, which are learned."""
    return {"weight": np.full(layer.num_parameters, layer.init)}, {}


def prelu_forward(module, x, mode):
    """``y = x`` above 0, and a·x below, with one a or one a channel."""
    slope = module.weights["weight"][:, None]
    return np.where(x > 0, x, (norms.per_channel(x) * slope).reshape(x.shape)), x


def prelu_backward(module, x, dy, to_input):
    """``da`` sums x·dy over what lies below 0."""
    slope = module.weights["weight"][:, None]
    below = norms.per_channel(np.where(x > 0, 0, dy))
    dslope = np.vecdot(below, norms.per_channel(x)).sum(0)
    dslope = dslope if module.layer.num_parameters > 1 else dslope.sum(keepdims=True)
    return np.where(x > 0, dy, (below * slope).reshape(x.shape)), {"weight": dslope}


def sigmoid_forward(module, x, mode):
    """``y = 1/(1 + exp(-x))``."""
    y = expit(x)
    return y, y


def sigmoid_backward(module, y, dy, to_input):
    """``dx = y (1 - y) dy``."""
    return y * (1 - y) * dy, {}


def tanh_forward(module, x, mode):
    """``y = tanh(x)``."""
    y = np.tanh(x)
    return y, y


def tanh_backward(module, y, dy, to_input):
    """``dx = (1 - y²) dy``."""
    return (1 - y * y) * dy, {}


def slope_backward(module, slope, dy, to_input):
    """``dx = f'(x) dy``, where the forward pass kept the slope f'(x)."""
    return slope * dy, {}


def elu_forward(module, x, mode):
    """``y = x`` above 0, and a (exp(x) - 1) below."""
    a = module.layer.alpha
    below = a * np.expm1(np.minimum(x, 0))
    return np.where(x > 0, x, below), np.where(x > 0, 1, below + a).astype(x.dtype)


def gelu_forward(module, x, mode):
    """``y = x Φ(x)``, Φ being the normal distribution, or its approximation by tanh.

    Hendrycks and Gimpel (2016), arXiv:1606.08415, section 2.
    """
    if module.layer.approximate == "none":
        share = ndtr(x)
        return x * share, share + x * np.exp(-x * x / 2) * x.dtype.type(1 / sqrt(2 * pi))
    inner = x.dtype.type(sqrt(2 / pi)) * (x + x.dtype.type(0.044715) * x**3)
    curved = np.tanh(inner)
    rise = x.dtype.type(sqrt(2 / pi)) * (1 + x.dtype.type(3 * 0.044715) * x * x)
    return x * (1 + curved) / 2, (1 + curved) / 2 + x * (1 - curved**2) * rise / 2


def silu_forward(module, x, mode):
    """``y = x/(1 + exp(-x))``."""
    gate = expit(x)
    return x * gate, gate * (1 + x * (1 - gate))


def mish_forward(module, x, mode):
    """``y = x tanh(log(1 + exp(x)))``."""
    gate, curved = expit(x), np.tanh(np.logaddexp(0, x))
    return x * curved, curved + x * (1 - curved**2) * gate


def hardswish_forward(module, x, mode):
    """``y = x min(max(x + 3, 0), 6)/6``."""
    gate = np.clip(x + 3, 0, 6) / 6
    return x * gate, gate + x / 6 * ((x > -3) & (x < 3))


def hardsigmoid_forward(module, x, mode):
    """``y = min(max(x + 3, 0), 6)/6``."""
    return np.clip(x + 3, 0, 6) / 6, ((x > -3) & (x < 3)) / x.dtype.type(6)


def softmax_forward(module, x, mode):
    """``y = exp(x)`` divided by its sum over the channels, or over the axis asked for."""
    axis = 1 if module.layer.dim is None else module.layer.dim
    y = softmax(x, axis)
    return y, (y, axis)


def softmax_backward(module, cache, dy, to_input):
    """``dx = y (dy - Σ y dy)``."""
    y, axis = cache
    return y * (dy - (y * dy).sum(axis, keepdims=True)), {}
