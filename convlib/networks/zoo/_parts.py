"""What several of the named networks are made of."""

from convlib.networks.layers import BatchNorm2d, Conv2d, Dropout, Flatten, Linear, ReLU

IMAGE = (3, 224, 224)


def conv_norm(*arguments, relu=True, **options):
    """Return a convolution without bias, batch normalisation and, most often, a ReLU."""
    layer = Conv2d(*arguments, bias=False, **options)
    return [layer, BatchNorm2d(layer.out_channels), *([ReLU()] if relu else [])]


def dense(*sizes):
    """Return fully connected layers with ReLU and dropout, the last one without."""
    layers = [Flatten()]
    for before, after in zip(sizes, sizes[1:], strict=False):
        layers += [Linear(before, after), ReLU(), Dropout()]
    return layers[:-2]
