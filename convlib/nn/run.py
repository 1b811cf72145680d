"""What each layer does with numbers: how it starts, forward, and backward.

``RUNS``, at the end, is one table from the layers of `networks.layers` and the blocks of
`networks.network` to three functions each::

    initial(layer, rng)                     -> weights, buffers
    forward(module, x, mode)                -> y, cache
    backward(module, cache, dy, to_input)   -> dx, gradients

x is (N, C, …), the cache is whatever backward will need, and dy is the loss's gradient with respect
to y. ``gradients`` has the names of the module's weights; dx is the gradient with respect to x, and
None where ``to_input`` says that nobody needs it. No function changes what it is given, but for the
running statistics of batch normalisation.
"""

from functools import reduce
from math import prod, sqrt
from typing import NamedTuple

import numpy as np
from scipy.special import expit, softmax

from convlib import functional, grad, grouped, resampling
from convlib.networks import layers, network
from convlib.nn import pooling


class Mode(NamedTuple):
    """Whether the network learns, and the Generator for what is left to chance meanwhile."""

    training: bool
    rng: np.random.Generator


class Module(NamedTuple):
    """A layer with its numbers: as in PyTorch, a block holds the modules inside it by name."""

    layer: layers.Layer
    weights: dict  # what is learned: weight, bias
    buffers: dict  # what is kept and not learned: running_mean, running_var
    children: dict

    def state(self, kinds=("weights", "buffers")):
        """Yield (name, array) for all that is learned and kept, in order, as a state dict has it.

        Parameters
        ----------
        kinds : tuple of {'weights', 'buffers'}
            Which of the two.
        """
        for kind in kinds:
            yield from getattr(self, kind).items()
        for name, child in self.children.items():
            for inner, array in child.state(kinds):
                yield f"{name}.{inner}", array


class Run(NamedTuple):
    """The three functions of a layer."""

    initial: callable
    forward: callable
    backward: callable


def run_of(layer):
    """Return a layer's three functions; those of `Conv` are `Conv2d`'s too."""
    for kind in type(layer).__mro__:
        if kind in RUNS:
            return RUNS[kind]
    raise ValueError(f"{layer!r} can be described, but not run: nn.run has no functions for it")


def build(layer, rng, dtype):
    """Return the `Module` of a layer, with initial weights drawn one after the other."""
    weights, buffers = (
        {name: array.astype(dtype) if array.dtype.kind == "f" else array
         for name, array in arrays.items()} for arrays in run_of(layer).initial(layer, rng))
    inner = layer.layers if isinstance(layer, network.Block) else ()
    names = [each.name or str(place) for place, each in enumerate(inner)]
    for name in names:
        if "." in name or names.count(name) > 1:
            raise ValueError(f"name={name!r} of a block in {layer.title} would make two weights go "
                             f"by one name: give each block one of its own, without a dot")
    children = {name: build(each, rng, dtype) for name, each in zip(names, inner, strict=True)}
    return Module(layer, weights, buffers, children)


def forward(module, x, mode):
    """Return a module's output, and what its backward pass needs."""
    return run_of(module.layer).forward(module, x, mode)


def backward(module, cache, dy, to_input=True):
    """Return the gradients with respect to a module's input, or None, and to its weights."""
    return run_of(module.layer).backward(module, cache, dy, to_input)


def nothing(layer, rng):
    """Return no weights and no buffers."""
    return {}, {}


def per_channel(x):
    """Return an array as (N, C, positions)."""
    return x.reshape(*x.shape[:2], -1)


# ---- Convolutions and fully connected layers


def uniform(layer, rng, shape, fan_in):
    """Return PyTorch's default start, ``kaiming_uniform_(a=sqrt(5))``: within ±1/sqrt(fan_in).

    The bias is drawn within the same bounds. He et al. (2015), arXiv:1502.01852, multiply them by
    sqrt(6) for ReLU; PyTorch keeps the smaller ones.
    """
    bound = 1 / sqrt(fan_in)
    weights = {"weight": rng.uniform(-bound, bound, shape)}
    if layer.bias:
        out_channels = shape[0] if isinstance(layer, layers.Linear) else layer.out_channels
        weights["bias"] = rng.uniform(-bound, bound, out_channels)
    return weights, {}


def conv_initial(layer, rng):
    """Return weights (C_out, C_in/groups, kernel…): fan_in is C_in/groups times the kernel."""
    if layer.padding_mode != "zeros":
        raise ValueError(f"padding_mode={layer.padding_mode!r} can be described, but not run: use "
                         f"'zeros'")
    shape = layer.out_channels, layer.in_channels // layer.groups, *layer.kernel_size
    return uniform(layer, rng, shape, prod(shape[1:]))


def conv_options(layer):
    """Return the arguments of a convolution by their names."""
    return {name: getattr(layer, name) for name in ("stride", "padding", "dilation", "groups")}


def conv_forward(module, x, mode):
    """``y = conv(x, w) + b``: the weight's gradient will need x."""
    conv = getattr(functional, f"conv{module.layer.axes}d")
    weights = module.weights
    return conv(x, weights["weight"], weights.get("bias"), **conv_options(module.layer)), x


def conv_backward(module, x, dy, to_input):
    """``dx`` is dy through the transposed convolution; ``dw`` correlates x with dy."""
    layer, weight, options = module.layer, module.weights["weight"], conv_options(module.layer)
    grad_input = getattr(grad, f"conv{layer.axes}d_input")
    grad_weight = getattr(grad, f"conv{layer.axes}d_weight")
    gradients = {"weight": grad_weight(x, weight.shape, dy, **options)} | bias_gradient(layer, dy)
    return grad_input(x.shape, weight, dy, **options) if to_input else None, gradients


def bias_gradient(layer, dy):
    """Return the gradient of a bias, which is added at every position: a sum over them all."""
    return {"bias": per_channel(dy).sum((0, 2))} if layer.bias else {}


def conv_transpose_initial(layer, rng):
    """Return weights (C_in, C_out/groups, kernel…): PyTorch takes C_out/groups for the fan_in."""
    shape = layer.in_channels, layer.out_channels // layer.groups, *layer.kernel_size
    return uniform(layer, rng, shape, prod(shape[1:]))


def conv_transpose_forward(module, x, mode):
    """Every input lays a scaled kernel on the output; x is kept."""
    layer, weights = module.layer, module.weights
    conv = getattr(functional, f"conv_transpose{layer.axes}d")
    options = conv_options(layer) | {"output_padding": layer.output_padding}
    return conv(x, weights["weight"], weights.get("bias"), **options), x


def conv_transpose_backward(module, x, dy, to_input):
    """``dx`` is dy through the convolution; ``dw`` correlates dy with x: the roles exchanged."""
    layer, weight, options = module.layer, module.weights["weight"], conv_options(module.layer)
    grad_input = getattr(grad, f"conv_transpose{layer.axes}d_input")
    grad_weight = getattr(grad, f"conv_transpose{layer.axes}d_weight")
    gradients = {"weight": grad_weight(x, weight.shape, dy, **options)} | bias_gradient(layer, dy)
    if not to_input:
        return None, gradients
    return grad_input(weight, dy, output_padding=layer.output_padding, **options), gradients


def linear_initial(layer, rng):
    """Return weights (out_features, in_features)."""
    return uniform(layer, rng, (layer.out_features, layer.in_features), layer.in_features)


def linear_forward(module, x, mode):
    """``y = x wᵀ + b``."""
    y = x @ module.weights["weight"].T
    return y + module.weights["bias"] if module.layer.bias else y, x


def linear_backward(module, x, dy, to_input):
    """``dx = dy w``, ``dw = dyᵀ x``, and ``db`` sums dy over the batch."""
    gradients = {"weight": dy.T @ x} | ({"bias": dy.sum(0)} if module.layer.bias else {})
    return dy @ module.weights["weight"] if to_input else None, gradients


# ---- Batch normalisation


def batch_norm_initial(layer, rng):
    """Return scales of 1 and shifts of 0, and running statistics of nothing seen."""
    ones, zeros = np.ones(layer.num_features), np.zeros(layer.num_features)
    weights = {"weight": ones, "bias": zeros} if layer.affine else {}
    buffers = {"running_mean": zeros.copy(), "running_var": ones.copy(),
               "num_batches_tracked": np.zeros((), np.int64)}
    return weights, buffers if layer.track_running_stats else {}


def batch_norm_forward(module, x, mode):
    """``y = w (x - mean)/sqrt(var + eps) + b``, by the batch's statistics or the running ones."""
    layer, flat = module.layer, per_channel(x)
    learning = mode.training or not layer.track_running_stats
    mean = flat.mean((0, 2)) if learning else module.buffers["running_mean"]
    normal = flat - mean[:, None]
    var = np.vecdot(normal, normal).sum(0) / (flat.size // flat.shape[1]) if learning \
        else module.buffers["running_var"]
    scale = 1 / np.sqrt(var + layer.eps)
    normal *= scale[:, None]
    if mode.training and layer.track_running_stats:
        follow(module, mean, var, flat.size // flat.shape[1])
    y = normal
    if layer.affine:
        y = normal * module.weights["weight"][:, None]
        y += module.weights["bias"][:, None]
    return y.reshape(x.shape), (normal, scale, learning)


def follow(module, mean, var, count):
    """Move the running statistics towards a batch's; the variance is that of a sample, n - 1."""
    if count == 1:
        raise ValueError(f"{module.layer!r} has one number a channel to learn from: use a larger "
                         f"batch")
    buffers, momentum = module.buffers, module.layer.momentum
    buffers["num_batches_tracked"] += 1
    share = 1 / buffers["num_batches_tracked"] if momentum is None else momentum
    for name, found in (("running_mean", mean), ("running_var", var * (count / (count - 1)))):
        buffers[name] += (share * (found - buffers[name])).astype(found.dtype)


def batch_norm_backward(module, cache, dy, to_input):
    """``dx = w (dy - mean(dy) - x̂ mean(dy x̂))/sqrt(var + eps)``, x̂ being x normalised.

    The two means are there because the batch's mean and variance depend on every x. The running
    ones do not, and there ``dx`` is dy times a constant.
    """
    (normal, scale, learning), flat = cache, per_channel(dy)
    dbias, dweight = flat.sum((0, 2)), np.vecdot(flat, normal).sum(0)
    gradients = {"weight": dweight, "bias": dbias} if module.layer.affine else {}
    if not to_input:
        return None, gradients
    dx = flat
    if learning:
        count = flat.size // flat.shape[1]
        dx = normal * (-dweight / count)[:, None]
        dx += flat
        dx -= (dbias / count)[:, None]
    factor = scale * module.weights["weight"] if module.layer.affine else scale
    return (dx * factor[:, None]).reshape(dy.shape), gradients


# ---- Activations: each number by itself


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
    return np.where(x > 0, x, (per_channel(x) * slope).reshape(x.shape)), x


def prelu_backward(module, x, dy, to_input):
    """``da`` sums x·dy over what lies below 0."""
    slope = module.weights["weight"][:, None]
    below = per_channel(np.where(x > 0, 0, dy))
    dslope = np.vecdot(below, per_channel(x)).sum(0)
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


def softmax_forward(module, x, mode):
    """``y = exp(x)`` divided by its sum over the channels, or over the axis asked for."""
    axis = 1 if module.layer.dim is None else module.layer.dim
    y = softmax(x, axis)
    return y, (y, axis)


def softmax_backward(module, cache, dy, to_input):
    """``dx = y (dy - Σ y dy)``."""
    y, axis = cache
    return y * (dy - (y * dy).sum(axis, keepdims=True)), {}


# ---- Chance


def dropout_forward(module, x, mode, whole_channels=False):
    """``y = x/(1 - p)`` with probability 1 - p, or else 0; x itself when nothing is learned."""
    p = module.layer.p
    if not mode.training or p == 0:
        return x, None
    shape = (*x.shape[:2], *(1,) * (x.ndim - 2)) if whole_channels else x.shape
    factor = (mode.rng.random(shape) >= p).astype(x.dtype)
    factor *= 1 / (1 - p) if p < 1 else 0
    return x * factor, factor


def dropout2d_forward(module, x, mode):
    """Leave out whole channels: neighbours in a channel know of each other."""
    return dropout_forward(module, x, mode, whole_channels=True)


def dropout_backward(module, factor, dy, to_input):
    """``dx`` is dy times what x was multiplied by."""
    return dy if factor is None else dy * factor, {}


# ---- Numbers that only move


def identity_forward(module, x, mode):
    """``y = x``."""
    return x, None


def identity_backward(module, cache, dy, to_input):
    """``dx = dy``."""
    return dy, {}


def flatten_forward(module, x, mode):
    """Lay the numbers of each image in one row."""
    return x.reshape(len(x), -1), x.shape


def flatten_backward(module, shape, dy, to_input):
    """Lay them back."""
    return dy.reshape(shape), {}


def pixel_shuffle_forward(module, x, mode):
    """Lay r·r channels out as r by r pixels."""
    return resampling.pixel_shuffle(x, module.layer.upscale_factor), None


def pixel_shuffle_backward(module, cache, dy, to_input):
    """Take them back into channels."""
    return resampling.pixel_unshuffle(dy, module.layer.upscale_factor), {}


def channel_shuffle_forward(module, x, mode):
    """Deal the channels of each group out to all groups."""
    return grouped.channel_shuffle(x, module.layer.groups), None


def channel_shuffle_backward(module, cache, dy, to_input):
    """Deal them back: with as many groups as a group has channels."""
    return grouped.channel_shuffle(dy, dy.shape[1] // module.layer.groups), {}


def zero_pad_forward(module, x, mode):
    """Put zeros at both ends of each axis."""
    return np.pad(x, ((0, 0), (0, 0), *module.layer.pads)), x.shape


def zero_pad_backward(module, shape, dy, to_input):
    """Take them away."""
    inside = (slice(before, before + size) for (before, _), size in
              zip(module.layer.pads, shape[2:], strict=True))
    return dy[(..., *inside)], {}


# ---- Blocks


def named(name, gradients):
    """Return a child's gradients under the names that they have in the block around it."""
    return {f"{name}.{inner}": array for inner, array in gradients.items()}


def sequential_forward(module, x, mode):
    """Run one layer behind the other."""
    caches = []
    for child in module.children.values():
        x, cache = forward(child, x, mode)
        caches.append(cache)
    return x, caches


def sequential_backward(module, caches, dy, to_input):
    """Run back, as far as there is something to learn or the input's gradient is asked for."""
    learns = [to_input]  # whether a gradient is needed in front of each child
    for child in module.children.values():
        learns.append(learns[-1] or any(child.state(("weights",))))
    gradients = {}
    for place, (name, child) in reversed(list(enumerate(module.children.items()))):
        if not learns[place + 1]:
            return None, gradients
        dy, found = backward(child, caches[place], dy, learns[place])
        gradients |= named(name, found)
    return dy if to_input else None, gradients


def branches_forward(module, x, mode):
    """Return the outputs of all branches of an input, and their caches."""
    pairs = [forward(child, x, mode) for child in module.children.values()]
    return zip(*pairs, strict=True)


def branches_backward(module, caches, dys, to_input):
    """Run back through all branches; the input led to the loss through each, so dx is a sum."""
    dxs, gradients = [], {}
    for (name, child), cache, dy in zip(module.children.items(), caches, dys, strict=True):
        dx, found = backward(child, cache, dy, to_input)
        dxs.append(dx)
        gradients |= named(name, found)
    return reduce(np.add, dxs) if to_input else None, gradients


def add_forward(module, x, mode):
    """``y`` is the sum of the branches."""
    outputs, caches = branches_forward(module, x, mode)
    return reduce(np.add, outputs), caches


def add_backward(module, caches, dy, to_input):
    """Each branch gets all of dy."""
    return branches_backward(module, caches, [dy] * len(caches), to_input)


def multiply_forward(module, x, mode):
    """``y`` is the product of the branches."""
    outputs, caches = branches_forward(module, x, mode)
    return reduce(np.multiply, outputs), (outputs, caches)


def multiply_backward(module, cache, dy, to_input):
    """Each branch gets dy times the others."""
    outputs, caches = cache
    dys = [reduce(np.multiply, (*outputs[:place], *outputs[place + 1 :]), dy)
           for place in range(len(outputs))]
    return branches_backward(module, caches, dys, to_input)


def concat_forward(module, x, mode):
    """``y`` has the channels of all branches."""
    outputs, caches = branches_forward(module, x, mode)
    channels = [y.shape[1] for y in outputs]
    return np.concatenate(outputs, axis=1), (np.cumsum(channels)[:-1], caches)


def concat_backward(module, cache, dy, to_input):
    """Each branch gets its own channels of dy."""
    ends, caches = cache
    return branches_backward(module, caches, np.split(dy, ends, axis=1), to_input)


RUNS = {
    network.Sequential: Run(nothing, sequential_forward, sequential_backward),
    network.Add: Run(nothing, add_forward, add_backward),
    network.Multiply: Run(nothing, multiply_forward, multiply_backward),
    network.Concat: Run(nothing, concat_forward, concat_backward),
    layers.Conv: Run(conv_initial, conv_forward, conv_backward),
    layers.ConvTranspose: Run(conv_transpose_initial, conv_transpose_forward,
                              conv_transpose_backward),
    layers.Linear: Run(linear_initial, linear_forward, linear_backward),
    layers.BatchNorm: Run(batch_norm_initial, batch_norm_forward, batch_norm_backward),
    layers.MaxPool: Run(nothing, pooling.max_pool_forward, pooling.max_pool_backward),
    layers.AvgPool: Run(nothing, pooling.avg_pool_forward, pooling.resize_backward),
    layers.AdaptiveAvgPool: Run(nothing, pooling.adaptive_forward, pooling.resize_backward),
    layers.Upsample: Run(nothing, pooling.upsample_forward, pooling.resize_backward),
    layers.PixelShuffle: Run(nothing, pixel_shuffle_forward, pixel_shuffle_backward),
    layers.ChannelShuffle: Run(nothing, channel_shuffle_forward, channel_shuffle_backward),
    layers.ZeroPad: Run(nothing, zero_pad_forward, zero_pad_backward),
    layers.Flatten: Run(nothing, flatten_forward, flatten_backward),
    layers.Identity: Run(nothing, identity_forward, identity_backward),
    layers.ReLU: Run(nothing, relu_forward, relu_backward),
    layers.ReLU6: Run(nothing, relu6_forward, relu6_backward),
    layers.LeakyReLU: Run(nothing, leaky_relu_forward, leaky_relu_backward),
    layers.PReLU: Run(prelu_initial, prelu_forward, prelu_backward),
    layers.Sigmoid: Run(nothing, sigmoid_forward, sigmoid_backward),
    layers.Tanh: Run(nothing, tanh_forward, tanh_backward),
    layers.Softmax: Run(nothing, softmax_forward, softmax_backward),
    layers.Dropout: Run(nothing, dropout_forward, dropout_backward),
    layers.Dropout2d: Run(nothing, dropout2d_forward, dropout_backward),
}
