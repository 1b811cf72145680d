"""Receptive fields: what one output of a named network spans on a photograph, and how evenly."""

import traitlets

from convlib.explorables.field_tables import NETWORKS, layer_table, path_to, window_sizes
from convlib.explorables.photo import ABOVE, OfPhoto, grey_square
from convlib.explorables.traits import whole
from convlib.i18n import t

SIDE = 224  # of the photograph, in pixels
LAST = 22  # the last layer of the longest table
PHOTOS = ("astronaut", "camera", "chelsea", "coffee")


def _spread(weights, branch, size):
    """Return the weights on a branch's input, (1, size, size), that lead to those on its output."""
    import numpy as np

    from convlib import grad

    sizes = window_sizes(branch, size)
    for (k, s, p, d), n in zip(branch[::-1], sizes[-2::-1], strict=True):
        average = np.full((1, 1, k, k), 1 / k**2)
        weights = grad.conv2d_input((1, n, n), average, weights, s, p, d)
    return weights


class ReceptiveFields(OfPhoto):
    r"""What one output of a named network spans on a photograph, and how unevenly.

    The receptive field is exact, borders aside. The weights are those of uniform kernels: each
    layer gives every input of a window :math:`1/k^2` of what its output counts, and a sum of
    branches each branch its equal part. What falls into padding, in any layer, is lost; with it
    the weights sum to 1.

    Parameters
    ----------
    network : {'alexnet', 'vgg16', 'mobilenet', 'resnet50', 'resnet50_os8', 'deeplab', 'context'}
        AlexNet (torchvision's), VGG-16, MobileNet V1, ResNet-50; the same with dilation in place of
        strides from output stride 8 on; DeepLab v3 with output stride 16 and rates 6, 12, 18; the
        context module of Yu and Koltun on 64 x 64 features.
    layer : int
        From 0, the input itself, to the network's last, which a larger number stands for; the last
        by default.
    row, column : int
        The place on the photograph, from 0 to 223: of the layer's outputs the nearest is taken.
    photo : {'astronaut', 'camera', 'chelsea', 'coffee'}
        A photograph of `convlib.data.photo`, 224 x 224 pixels of it in grey.

    References
    ----------
    Luo, Li, Urtasun and Zemel (2016), Understanding the effective receptive field in deep
    convolutional neural networks, arXiv:1701.04128.
    Chen, Papandreou, Schroff and Adam (2017), arXiv:1706.05587: DeepLab v3.
    Yu and Koltun (2016), arXiv:1511.07122: the context module.

    Examples
    --------
    >>> fields = ReceptiveFields(network="vgg16")
    >>> fields.size, fields.jump, fields.output, fields.span
    (212, 32, (3, 3), ((6, 217), (6, 217)))
    >>> round(fields.middle_share, 3), fields.padding_share
    (0.897, 0.0)
    """

    name = "receptive_fields"
    space = (500, 790)
    network = traitlets.Enum(list(NETWORKS), "vgg16").tag(sync=True, state=True)
    layer = whole(LAST, 0, LAST)
    row, column = whole(SIDE // 2, 0, SIDE - 1), whole(SIDE // 2, 0, SIDE - 1)
    photo = traitlets.Enum(PHOTOS, "chelsea").tag(sync=True, state=False)
    networks = traitlets.Dict(read_only=True).tag(sync=True, state=False)

    def __init__(self, **state):
        network = state.get("network", "vgg16")
        if network in NETWORKS:
            state = {"layer": len(layer_table(network)) - 1} | state
        super().__init__(**state)

    @traitlets.default("networks")
    def _networks(self):
        return {name: {"size": size, "layers": layer_table(name)}
                for name, size in NETWORKS.items()}

    @property
    def image(self):
        """The photograph: shape (224, 224), uint8."""
        return grey_square(self.photo, SIDE)

    @property
    def input_size(self):
        """Rows and columns of the network's input."""
        return NETWORKS[self.network]

    @property
    def layers(self):
        """The table of the network's layers: see `field_tables.layer_table`."""
        return layer_table(self.network)

    @property
    def _index(self):
        return min(self.layer, len(self.layers) - 1)

    @property
    def _seen(self):
        return self.layers[self._index]

    @property
    def size(self):
        """The receptive field: how many inputs one output spans along each axis."""
        return self._seen["size"]

    @property
    def jump(self):
        """The output stride: inputs from one output to the next."""
        return self._seen["jump"]

    @property
    def output_size(self):
        """Rows and columns of the layer's output."""
        return self._seen["count"]

    @property
    def std(self):
        """The standard deviation of the weights along one axis, in inputs, borders aside."""
        return self._seen["std"]

    @property
    def output(self):
        """The output, by row and column, whose centre is nearest to the place on the photograph."""
        from math import floor

        seen = self._seen
        places = ((at + 0.5) * self.input_size / SIDE - 0.5 for at in (self.row, self.column))
        return tuple(min(max(floor((at - seen["centre"]) / seen["jump"] + 0.5), 0),
                         seen["count"] - 1) for at in places)

    @property
    def span(self):
        """First and last row, first and last column that the output spans; padding counts on."""
        seen = self._seen
        starts = (seen["first"] + at * seen["jump"] for at in self.output)
        return tuple((start, start + seen["size"] - 1) for start in starts)

    @property
    def padding_share(self):
        """The share of the field's area that lies beyond the input's borders."""
        inside = 1
        for first, last in self.span:
            inside *= max(min(last, self.input_size - 1) - max(first, 0) + 1, 0)
        return 1 - inside / self.size**2

    @property
    def weights(self):
        """How much each input counts in the output: shape (input_size, input_size), float64."""
        import numpy as np

        path = path_to(self.layers, self._index)
        sizes = [self.input_size]
        for branches in path:
            sizes.append(window_sizes(branches[0], sizes[-1])[-1])
        weights = np.zeros((1, sizes[-1], sizes[-1]))
        weights[0, *self.output] = 1
        for branches, size in zip(path[::-1], sizes[-2::-1], strict=True):
            weights = sum(_spread(weights, branch, size) for branch in branches) / len(branches)
        return weights[0]

    @property
    def middle(self):
        """The middle quarter's edges along each axis: input i reaches from i - 1/2 to i + 1/2."""
        return tuple(((3 * first + last) / 4 - 0.25, (first + 3 * last) / 4 + 0.25)
                     for first, last in self.span)

    @property
    def middle_share(self):
        """The share of the weights in the middle quarter of the field's area."""
        import numpy as np

        inputs = np.arange(self.input_size)
        rows, columns = (np.clip(np.minimum(inputs + 0.5, high) - np.maximum(inputs - 0.5, low),
                                 0, 1) for low, high in self.middle)
        return float(rows @ self.weights @ columns)

    @property
    def lost_share(self):
        """The share of the weights that is lost in padding."""
        return max(float(1 - self.weights.sum()), 0.0)

    def still(self):
        """Draw the photograph, the weights on it, and the field as a frame."""
        import numpy as np

        from convlib.explorables import still

        size, side = self.input_size, 260
        (top, bottom), (left, right) = self.span
        margin = max(size // 5, -top, -left, bottom + 1 - size, right + 1 - size)
        shrunk = self.image[np.ix_(*[(np.arange(size) + 0.5).astype(int) * SIDE // size] * 2)]
        weights = (0.75 * self.weights / (self.weights.max() or 1))[..., np.newaxis]
        shown = np.rint(shrunk[..., np.newaxis] * (1 - weights) + np.array(ABOVE) * weights)
        shown = np.pad(shown.astype(np.uint8), [(margin, margin)] * 2 + [(0, 0)],
                       constant_values=235)
        unit = side / len(shown)
        picture = still.image("input", t("receptive_fields.title"), shown, side=side)
        frame = (f'<rect x="{(left + margin) * unit:g}" y="{still.LINE + (top + margin) * unit:g}" '
                 f'width="{(right - left + 1) * unit:g}" height="{(bottom - top + 1) * unit:g}" '
                 f'fill="none" stroke="#d9742b" stroke-width="2"/>')
        lines = [still.text(t(f"receptive_fields.network_{self.network}")),
                 still.text(f'{t("receptive_fields.field")}: {self.size}×{self.size}'),
                 still.text(f'{t("receptive_fields.jump")}: {self.jump}'),
                 still.text(f'{t("receptive_fields.map")}: {self.output_size}×{self.output_size}')]
        return still.svg(still.beside(
            still.Picture(picture.svg + frame, picture.width, picture.height),
            still.below(*lines, gap=4)), t("receptive_fields.title"))
