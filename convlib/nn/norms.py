"""Normalisation, forward and backward: what `run` needs for batch, instance, group and layer.

All subtract a mean and divide by a standard deviation; they differ in which numbers these are taken
over. Wu and He (2018), Group normalization, arXiv:1803.08494, figure 2, shows the four.
"""

import numpy as np


def per_channel(x):
    """Return an array as (N, C, positions)."""
    return x.reshape(*x.shape[:2], -1)


def scales(layer, shape):
    """Return scales of 1 and, where the layer has them, shifts of 0."""
    weights = {"weight": np.ones(shape)}
    return weights | {"bias": np.zeros(shape)} if layer.bias else weights


def scaled(normal, weights):
    """Return normalised channels, (N, C, positions), scaled and shifted by what is learned."""
    if "weight" not in weights:
        return normal
    y = normal * weights["weight"][:, None]
    return y + weights["bias"][:, None] if "bias" in weights else y


# ---- Over a batch


def batch_norm_initial(layer, rng):
    """Return scales of 1 and shifts of 0, and running statistics of nothing seen."""
    ones, zeros = np.ones(layer.num_features), np.zeros(layer.num_features)
    weights = scales(layer, layer.num_features) if layer.affine else {}
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
    return scaled(normal, module.weights).reshape(x.shape), (normal, scale, learning)


def follow(module, mean, var, count):
    """Move the running statistics towards a batch's; the variance is that of a sample, n - 1."""
    if count == 1:
        raise ValueError(f"{module.layer!r} has one number a channel to learn from: use a larger "
                         f"batch or larger images")
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
    gradients = {name: {"weight": dweight, "bias": dbias}[name] for name in module.weights}
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


# ---- Over parts of one image, in rows: each row by itself


def rows_forward(rows, eps):
    """Return ``x̂ = (x - mean)/sqrt(var + eps)`` and the scale of each row, and mean and var."""
    mean = rows.mean(-1, keepdims=True)
    normal = rows - mean
    var = np.square(normal).mean(-1, keepdims=True)
    scale = 1 / np.sqrt(var + eps)
    normal *= scale
    return (normal, scale), (mean, var)


def rows_backward(cache, dy):
    """``dx = (dy - mean(dy) - x̂ mean(dy x̂))/sqrt(var + eps)`` of each row."""
    normal, scale = cache
    along = (dy * normal).mean(-1, keepdims=True)
    return (dy - dy.mean(-1, keepdims=True) - normal * along) * scale


def group_norm_initial(layer, rng):
    """Return scales of 1 and shifts of 0, one a channel."""
    return scales(layer, layer.num_channels) if layer.affine else {}, {}


def group_norm_forward(module, x, mode):
    """Normalise each group of channels of each image."""
    y, cache, _ = grouped_forward(module, x, module.layer.num_groups)
    return y, cache


def group_norm_backward(module, cache, dy, to_input):
    """``dx`` of each group, and ``dw``, ``db`` of each channel."""
    return grouped_backward(module, cache, dy)


def grouped_forward(module, x, groups):
    """Normalise (N, groups, …) and scale each channel; return the means and variances as well."""
    cache, found = rows_forward(x.reshape(len(x), groups, -1), module.layer.eps)
    y = scaled(cache[0].reshape(per_channel(x).shape), module.weights)
    return y.reshape(x.shape), cache, found


def grouped_backward(module, cache, dy):
    """Run back through `grouped_forward`."""
    normal, _ = cache
    flat = per_channel(dy)
    gradients = {"weight": np.vecdot(flat, normal.reshape(flat.shape)).sum(0),
                 "bias": flat.sum((0, 2))}
    if "weight" in module.weights:
        flat = flat * module.weights["weight"][:, None]
    dx = rows_backward(cache, flat.reshape(normal.shape)).reshape(dy.shape)
    return dx, {name: gradients[name] for name in module.weights}


def instance_norm_forward(module, x, mode):
    """Normalise each channel of each image; by the running statistics where they are kept."""
    layer = module.layer
    if layer.track_running_stats and not mode.training:
        return batch_norm_forward(module, x, mode)
    y, cache, (mean, var) = grouped_forward(module, x, layer.num_features)
    if layer.track_running_stats:
        follow(module, mean.mean((0, 2)), var.mean((0, 2)), per_channel(x).shape[2])
    return y, cache


def instance_norm_backward(module, cache, dy, to_input):
    """``dx`` of each channel of each image, or of `batch_norm_forward` where that was run."""
    if len(cache) == 3:
        return batch_norm_backward(module, cache, dy, to_input)
    return grouped_backward(module, cache, dy)


def layer_norm_initial(layer, rng):
    """Return scales of 1 and shifts of 0, one a number that is normalised."""
    return scales(layer, layer.normalized_shape) if layer.elementwise_affine else {}, {}


def layer_norm_forward(module, x, mode):
    """Normalise the last axes together, and scale each number."""
    shape = module.layer.normalized_shape
    cache, _ = rows_forward(x.reshape(*x.shape[: x.ndim - len(shape)], -1), module.layer.eps)
    y = cache[0].reshape(x.shape)
    y = y * module.weights["weight"] if "weight" in module.weights else y
    return y + module.weights["bias"] if "bias" in module.weights else y, cache


def layer_norm_backward(module, cache, dy, to_input):
    """``dx`` of each row, and ``dw``, ``db`` summed over the rows."""
    normal, _ = cache
    rows = tuple(range(dy.ndim - len(module.layer.normalized_shape)))
    gradients = {"weight": (dy * normal.reshape(dy.shape)).sum(rows), "bias": dy.sum(rows)}
    inner = dy * module.weights["weight"] if "weight" in module.weights else dy
    dx = rows_backward(cache, inner.reshape(normal.shape)).reshape(dy.shape)
    return dx, {name: gradients[name] for name in module.weights}
