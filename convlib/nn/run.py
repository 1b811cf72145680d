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

from convlib import functional, grad, grouped, resampling
from convlib.networks import layers, network
from convlib.nn import activations, norms, padding, pooling


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
    shape = layer.out_channels, layer.in_channels // layer.groups, *layer.kernel_size
    return uniform(layer, rng, shape, prod(shape[1:]))


def conv_options(layer):
    """Return the arguments of a convolution by their names."""
    return {name: getattr(layer, name) for name in ("stride", "padding", "dilation", "groups")}


def conv_forward(module, x, mode):
    """``y = conv(x, w) + b``: the weight's gradient will need x, with what was put around it."""
    layer, weights, shape = module.layer, module.weights, x.shape
    options = conv_options(layer)
    if layer.padding_mode != "zeros":
        x = padding.padded(x, layer.pads(shape[2:]), layer.padding_mode)
        options["padding"] = 0
    conv = getattr(functional, f"conv{layer.axes}d")
    return conv(x, weights["weight"], weights.get("bias"), **options), (x, options, shape)


def conv_backward(module, cache, dy, to_input):
    """``dx`` is dy through the transposed convolution; ``dw`` correlates x with dy."""
    (x, options, shape), layer, weight = cache, module.layer, module.weights["weight"]
    grad_weight = getattr(grad, f"conv{layer.axes}d_weight")
    gradients = {"weight": grad_weight(x, weight.shape, dy, **options)} | bias_gradient(layer, dy)
    if not to_input:
        return None, gradients
    dx = getattr(grad, f"conv{layer.axes}d_input")(x.shape, weight, dy, **options)
    if layer.padding_mode != "zeros":
        dx = padding.padded_back(dx, shape, layer.pads(shape[2:]), layer.padding_mode)
    return dx, gradients


def bias_gradient(layer, dy):
    """Return the gradient of a bias, which is added at every position: a sum over them all."""
    return {"bias": norms.per_channel(dy).sum((0, 2))} if layer.bias else {}


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
    layers.BatchNorm: Run(norms.batch_norm_initial, norms.batch_norm_forward,
                          norms.batch_norm_backward),
    layers.InstanceNorm: Run(norms.batch_norm_initial, norms.instance_norm_forward,
                             norms.instance_norm_backward),
    layers.GroupNorm: Run(norms.group_norm_initial, norms.group_norm_forward,
                          norms.group_norm_backward),
    layers.LayerNorm: Run(norms.layer_norm_initial, norms.layer_norm_forward,
                          norms.layer_norm_backward),
    layers.MaxPool: Run(nothing, pooling.max_pool_forward, pooling.max_pool_backward),
    layers.AvgPool: Run(nothing, pooling.avg_pool_forward, pooling.resize_backward),
    layers.AdaptiveAvgPool: Run(nothing, pooling.adaptive_forward, pooling.resize_backward),
    layers.AdaptiveMaxPool: Run(nothing, pooling.adaptive_max_forward,
                                pooling.adaptive_max_backward),
    layers.Upsample: Run(nothing, pooling.upsample_forward, pooling.resize_backward),
    layers.PixelShuffle: Run(nothing, pixel_shuffle_forward, pixel_shuffle_backward),
    layers.ChannelShuffle: Run(nothing, channel_shuffle_forward, channel_shuffle_backward),
    layers.Pad: Run(nothing, padding.pad_forward, padding.pad_backward),
    layers.Flatten: Run(nothing, flatten_forward, flatten_backward),
    layers.Identity: Run(nothing, identity_forward, identity_backward),
    layers.ReLU: Run(nothing, activations.relu_forward, activations.relu_backward),
    layers.ReLU6: Run(nothing, activations.relu6_forward, activations.relu6_backward),
    layers.LeakyReLU: Run(nothing, activations.leaky_relu_forward,
                          activations.leaky_relu_backward),
    layers.PReLU: Run(activations.prelu_initial, activations.prelu_forward,
                      activations.prelu_backward),
    layers.Sigmoid: Run(nothing, activations.sigmoid_forward, activations.sigmoid_backward),
    layers.Tanh: Run(nothing, activations.tanh_forward, activations.tanh_backward),
    layers.ELU: Run(nothing, activations.elu_forward, activations.slope_backward),
    layers.GELU: Run(nothing, activations.gelu_forward, activations.slope_backward),
    layers.SiLU: Run(nothing, activations.silu_forward, activations.slope_backward),
    layers.Mish: Run(nothing, activations.mish_forward, activations.slope_backward),
    layers.Hardswish: Run(nothing, activations.hardswish_forward, activations.slope_backward),
    layers.Hardsigmoid: Run(nothing, activations.hardsigmoid_forward, activations.slope_backward),
    layers.Softmax: Run(nothing, activations.softmax_forward, activations.softmax_backward),
    layers.Dropout: Run(nothing, dropout_forward, dropout_backward),
    layers.Dropout2d: Run(nothing, dropout2d_forward, dropout_backward),
}
