"""Tables of what the layers of named networks see: windows, receptive fields, effective spread."""

from functools import cache

# The networks, each with the size of the input that its authors give it.
NETWORKS = {"alexnet": 224, "vgg16": 224, "mobilenet": 224, "resnet50": 224, "resnet50_os8": 224,
            "deeplab": 513, "context": 64}


@cache
def layer_table(network):
    """Return a network's layers that widen what an output sees, the input first.

    Parameters
    ----------
    network : str
        A name of `NETWORKS`.

    Returns
    -------
    list of dict
        Of each layer its ``block``, its ``kind``, ``after`` (the index of the layer before it) and
        ``branches``, lists of [kernel size, stride, padding, dilation]; and along one axis, borders
        aside, what its outputs see: ``size``, ``jump``, ``first`` (the first input of output 0),
        ``centre`` (of output 0), ``std`` (of the weights), ``count`` (of the outputs).
    """
    table = [{"block": "", "kind": "input", "after": -1, "branches": []}]
    for after, (block, kind, branches) in enumerate(_described(network)):
        table.append({"block": block, "kind": kind, "after": after, "branches": branches})
    if network == "deeplab":
        for layer in _pyramid():
            table.append(layer | {"after": after + 1})
    for index in range(len(table)):
        table[index] |= _seen(table, index, NETWORKS[network])
    return table


def _described(network):
    """Return (block, kind, branches) of each layer, the input's side first."""
    from convlib.networks import zoo

    makers = {"alexnet": zoo.alexnet_torchvision, "vgg16": zoo.vgg16, "mobilenet": zoo.mobilenet_v1,
              "context": zoo.context_module}
    layers = list(_widening(makers.get(network, zoo.resnet)().total))
    limit = {"resnet50_os8": 8, "deeplab": 16}.get(network)
    return layers if limit is None else _dilated(layers, limit)


def _widening(row, block=""):
    """Yield (block, kind, branches) of the layers of a measured network that see more than one."""
    from convlib.networks.layers import Conv2d, MaxPool2d
    from convlib.networks.network import Add

    layer = row.layer
    block = layer.name if layer.name.startswith("conv") else block
    if isinstance(layer, Add):
        yield block, "residual", [_windows(branch) for branch in row.children]
    elif isinstance(layer, (Conv2d, MaxPool2d)) and max(layer.kernel_size) > 1:
        depthwise = isinstance(layer, Conv2d) and layer.groups == layer.in_channels
        kind = "pool" if isinstance(layer, MaxPool2d) else "depthwise" if depthwise else "conv"
        yield block, kind, [_windows(row)]
    for child in () if isinstance(layer, Add) else row.children:
        yield from _widening(child, block)


def _windows(row):
    """Return [kernel size, stride, padding, dilation] of the layers that do not see one place."""
    layers = [leaf.layer for leaf in row.leaves if leaf.windows]
    return [[layer.kernel_size[0], layer.stride[0], layer.padding[0], layer.dilation[0]]
            for layer in layers if layer.kernel_size[0] > 1 or layer.stride[0] > 1]


def _dilated(layers, limit):
    """Replace strides by dilation from where the output stride has reached its limit.

    The layer that loses its stride keeps its own dilation; those behind it get it times the stride,
    so that they read the same inputs as before.
    """
    jump, rate, changed = 1, 1, []
    for block, kind, branches in layers:
        stride = max(window[1] for branch in branches for window in branch)
        kept = jump * stride <= limit
        changed.append((block, kind, [[[k, s if kept else 1, p * rate, d * rate]
                                       for k, s, p, d in branch] for branch in branches]))
        jump, rate = (jump * stride, rate) if kept else (jump, rate * stride)
    return changed


def _pyramid():
    """Return DeepLab v3's branches, each alone and all but the image's mean together."""
    from convlib.networks import zoo

    branches = [_windows(row) for row in zoo.deeplab_v3_head()["aspp"].children
                if row.layer.name != "mean"]
    alone = [{"block": "ASPP", "kind": "conv", "branches": [branch]}
             for branch in branches if branch]
    return [*alone, {"block": "ASPP", "kind": "joined", "branches": branches}]


def path_to(table, index):
    """Return the branches of the layers that lead to one, the input's side first."""
    path = []
    while table[index]["after"] >= 0:
        path.append(table[index]["branches"])
        index = table[index]["after"]
    return path[::-1]


def _seen(table, index, size):
    """Return what an output sees along one axis, by `convlib.receptive`."""
    from convlib import receptive

    path = path_to(table, index)
    field, count = receptive.ReceptiveField(), size
    for branches in path:
        first, *others = (_through(field, branch) for branch in branches)
        field, count = first.join(*others), window_sizes(branches[0], count)[-1]
    return {"size": field.size, "jump": int(field.jump), "first": field.of(0)[0],
            "centre": float(field.offset), "count": count, "std": _effective(path).std}


def _through(field, branch):
    from convlib.receptive import conv_window

    for k, s, p, d in branch:
        field = field.through(conv_window(k, stride=s, padding=p, dilation=d))
    return field


def window_sizes(branch, size):
    """Return the size of a branch's input and those behind each of its layers."""
    from convlib import shapes

    sizes = [size]
    for k, s, p, d in branch:
        sizes.append(shapes.conv_output_size(sizes[-1], k, stride=s, padding=p, dilation=d))
    return sizes


def _effective(path):
    """Return how much each input counts in output 0 along one axis, borders aside."""
    from convlib import receptive

    effective = receptive.effective_receptive_field([])
    for branches in reversed(path):
        first, *others = (_through(effective, branch[::-1]) for branch in branches)
        effective = first.join(*others)
    return effective
