"""Random stacks of one-dimensional layers, and what convlib says of each, for `test_core`."""

import numpy as np

from convlib import functional, receptive, shapes
from convlib.explorables import Stack1d


def random_stack(rng):
    """Return an explorable whose layers may not fit their inputs."""
    counts = rng.integers(1, 5, 3)
    settings = {name: rng.integers(1, high, count).tolist() for name, high, count in zip(
        ("kernel_size", "stride", "dilation"), (6, 4, 9), counts, strict=True)}
    return Stack1d(length=int(rng.integers(8, 41)), layers=int(rng.integers(1, 5)),
                   padding=str(rng.choice(["valid", "centred", "causal"])), **settings)


def each_layer(stack):
    """Yield k, s, d of each layer: the last number of a list stands for the layers behind it."""
    lists = stack.kernel_size, stack.stride, stack.dilation
    for i in range(stack.layers):
        yield tuple((values + values[-1:] * 4)[i] for values in lists)


def layer_output(stack, x, weight, stride, dilation):
    """One layer's outputs by the function of convlib that has this padding; x is (N, 1, L)."""
    if stack.padding == "causal":
        return functional.causal_conv1d(x, weight, stride=stride, dilation=dilation)
    if stack.padding == "valid":
        return functional.conv1d(x, weight, stride=stride, dilation=dilation)
    # 'same' needs stride 1; a stride keeps each s-th of its outputs.
    return functional.conv1d(x, weight, padding="same", dilation=dilation)[..., ::stride]


def depends(stack, sizes, output):
    """For the input and each layer, on which places an output depends: each is tried alone."""
    found = []
    for level, size in enumerate(sizes):
        x = np.eye(size)[:, None]
        for k, s, d in list(each_layer(stack))[level:]:
            x = layer_output(stack, x, np.ones((1, 1, k)), s, d)
        found.append(np.flatnonzero(x[:, 0, output]).tolist())
    return found


def outputs(stack, input, weights):
    """The input and the outputs of each layer, as far as the layers fit."""
    rows = [input]
    for (_, s, d), weight in zip(each_layer(stack), weights, strict=True):
        try:
            rows.append(layer_output(stack, rows[-1][None, None], weight[None, None], s, d)[0, 0])
        except ValueError:
            break
    return rows


def stack_cases(rng):
    """Yield the cases of one random stack."""
    stack = random_stack(rng)
    weights = [rng.integers(-3, 4, k) for k, _, _ in each_layer(stack)]
    rows = outputs(stack, rng.integers(-9, 9, stack.length), weights)
    layers = [described(stack, level, row, settings) for level, (row, settings) in enumerate(
        zip(rows, each_layer(stack), strict=False))]
    for layer, row in zip(layers, rows[1:], strict=False):
        layer["out"] = len(row)
    settings = {name: getattr(stack, name) for name in (
        "length", "layers", "kernel_size", "stride", "dilation", "padding")}
    for layer in layers:
        yield "stackPads", [stack.padding, layer["span"] - 1], layer["pads"]
    if len(rows) <= stack.layers:  # the last layer that is described does not fit
        last = layers[-1]
        yield "stackProblem", [layers], {
            "l": len(layers), "span": last["span"], "room": last["size"]}
        return
    yield "stackProblem", [layers], None
    yield "stackLayers", [settings], layers
    tolists = [values.tolist() for values in rows]
    yield "stackValues", [tolists[0], [w.tolist() for w in weights], layers], tolists
    output = int(rng.integers(len(rows[-1])))
    sizes = [len(row) for row in rows]
    yield "stackSeen", [layers, output], depends(stack, sizes, output)
    field = receptive.receptive_field(
        receptive.conv_window(layer["k"], stride=layer["s"], dilation=layer["d"],
                              padding=layer["pads"][0]) for layer in layers)
    first, last = field.of(output)
    yield "stackField", [layers, output], {"first": first, "last": last, "size": field.size}
    for kind in ("mean", "difference", "own"):
        stack.weights = kind
        yield "stackWeight", [kind, stack.own, layers[0]["k"]], (
            stack.weight(layers[0]["k"]).tolist())


def described(stack, level, row, settings):
    """What the page says of one layer; it has no output until one is found."""
    k, s, d = settings
    pads = {"valid": (0, 0), "causal": (d * (k - 1), 0)}.get(
        stack.padding, shapes.same_padding(k, d))
    start, jump = stack.places[level + 1]
    return {"k": k, "s": s, "d": d, "span": shapes.dilated_size(k, d), "pads": list(pads),
            "size": len(row), "jump": jump, "start": start, "out": 0}
