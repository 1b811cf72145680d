"""A volume: the same slices as channels of a 2D layer, and as the depth of a 3D layer."""

import traitlets

from convlib.explorables.base import Explorable
from convlib.explorables.photo import as_text, signed_colours
from convlib.i18n import t

SIDE, WIDEST, MOST = 14, 7, 16  # of the volume; of a kernel's height and width; channels, filters
CELL = 10  # pixels of a voxel on paper
KERNELS = ["mean", "edge_depth", "edge_height", "edge_width", "blob"]


def volume_kernel(name, size):
    """Return a kernel that finds something in a volume, shape ``size``.

    Each is made of lines along the axes: a mean (all weights alike), a ramp (the mean of one side
    less that of the other, as a weighted one) and a bell (binomial numbers). A ramp of one weight
    is 0: it can see no change.

    Parameters
    ----------
    name : {'mean', 'edge_depth', 'edge_height', 'edge_width', 'blob'}
        A mean along all axes; a ramp along one axis and a mean along the others; a bell along all
        axes less a mean along all.
    size : (int, int, int)
        Depth, height and width.
    """
    import numpy as np

    def product(*lines):
        return np.einsum("i,j,k->ijk", *lines)

    means = [np.full(n, 1 / n) for n in size]
    if name == "mean":
        return product(*means)
    if name == "blob":
        return product(*map(_bell, size)) - product(*means)
    axis = KERNELS.index(name) - 1
    return product(*means[:axis], _ramp(size[axis]), *means[axis + 1:])


def _ramp(n):
    """Return n weights that rise by equal steps; the positive ones add up to 1."""
    import numpy as np

    weights = np.arange(n) - (n - 1) / 2
    return weights / (weights[weights > 0].sum() or 1)


def _bell(n):
    """Return the binomial numbers of n - 1, which add up to 1."""
    import math

    import numpy as np

    return np.array([math.comb(n - 1, i) for i in range(n)]) / 2 ** (n - 1)


class ConvVolume(Explorable):
    """Convolution of a volume: its slices as channels of a 2D layer, or as depth of a 3D layer.

    The volume is a brain of 14 slices of 14 x 14 voxels (`convlib.data.small_brain`). A 2D layer
    takes the slices as channels: its filter spans them all and moves along height and width. A 3D
    layer's kernel is as deep as ``kernel_depth`` says, and moves along depth too. What is computed
    and shown is one channel's part in one filter; all channels and filters count in the shapes.

    Parameters
    ----------
    axes : {2, 3}
        Along how many axes the kernel moves: that of a 2D or of a 3D layer.
    kernel : {'mean', 'edge_depth', 'edge_height', 'edge_width', 'blob'}
        What the filter finds.
    kernel_size : int
        Height and width of the kernel: from 1 to 7.
    kernel_depth : int
        Depth of the 3D kernel: from 1 to 14. The 2D filter spans all slices.
    in_channels : int
        How many volumes come in, each with 14 slices: from 1 to 16.
    out_channels : int
        How many filters there are: from 1 to 16.
    depth, row, column : int
        The output whose window is shown; one after the last along an axis shows the last.
    step : int
        How many outputs are there already, counted along width, then height, then depth; one after
        the last shows all.

    Examples
    --------
    >>> volume = ConvVolume(axes=3, kernel_size=5, kernel_depth=5)
    >>> volume.input_shape, volume.weight_shape, volume.output_shape
    ((1, 14, 14, 14), (16, 1, 5, 5, 5), (16, 10, 10, 10))
    >>> volume.input.shape, volume.weight.shape, volume.output.shape
    ((1, 14, 14, 14), (1, 1, 5, 5, 5), (1, 10, 10, 10))
    >>> slices = ConvVolume(axes=2, kernel_size=5)
    >>> slices.input_shape, slices.weight_shape, slices.output_shape
    ((14, 14, 14), (16, 14, 5, 5), (16, 10, 10))
    """

    name = "conv_volume"
    space = (500, 740)
    voxels = traitlets.Unicode(read_only=True).tag(sync=True, state=False)
    axes = traitlets.Int(3, min=2, max=3).tag(sync=True, state=True)
    kernel = traitlets.Enum(KERNELS, "edge_width").tag(sync=True, state=True)
    kernel_size = traitlets.Int(5, min=1, max=WIDEST).tag(sync=True, state=True)
    kernel_depth = traitlets.Int(5, min=1, max=SIDE).tag(sync=True, state=True)
    in_channels = traitlets.Int(1, min=1, max=MOST).tag(sync=True, state=True)
    out_channels = traitlets.Int(16, min=1, max=MOST).tag(sync=True, state=True)
    depth = traitlets.Int(4, min=0, max=SIDE - 1).tag(sync=True, state=True)
    row = traitlets.Int(4, min=0, max=SIDE - 1).tag(sync=True, state=True)
    column = traitlets.Int(4, min=0, max=SIDE - 1).tag(sync=True, state=True)
    step = traitlets.Int(0, min=0, max=SIDE**3).tag(sync=True, state=True)

    @traitlets.default("voxels")
    def _voxels(self):
        return as_text(self._volume())

    @staticmethod
    def _volume():
        """Return the grey values, (14, 14, 14), uint8."""
        import numpy as np

        from convlib import data

        return np.rint(data.small_brain() * 255).astype(np.uint8)

    @property
    def layer(self):
        """The layer, as `convlib.networks` describes it, with all channels and filters."""
        from convlib.networks.layers import Conv2d, Conv3d

        if self.axes == 2:
            return Conv2d(SIDE * self.in_channels, self.out_channels, self.kernel_size)
        return Conv3d(self.in_channels, self.out_channels,
                      (self.kernel_depth, self.kernel_size, self.kernel_size))

    @property
    def input_shape(self):
        """The shape that the layer takes: slices are channels of a 2D layer."""
        if self.axes == 2:
            return self.layer.in_channels, SIDE, SIDE
        return self.in_channels, SIDE, SIDE, SIDE

    @property
    def weight_shape(self):
        """The shape of the layer's weight."""
        layer = self.layer
        return layer.out_channels, layer.in_channels, *layer.kernel_size

    @property
    def output_shape(self):
        """The shape that the layer gives."""
        return self.layer.output_shape(self.input_shape)

    @property
    def input(self):
        """Grey values from 0 to 255: shape (14, 14, 14) in 2D, (1, 14, 14, 14) in 3D."""
        volume = self._volume().astype(float)
        return volume if self.axes == 2 else volume[None]

    @property
    def weight(self):
        """The filter that is shown: shape (1, 14, k, k) in 2D, (1, 1, kD, k, k) in 3D."""
        size = self.kernel_size, self.kernel_size
        if self.axes == 2:
            return volume_kernel(self.kernel, (SIDE, *size))[None]
        return volume_kernel(self.kernel, (self.kernel_depth, *size))[None, None]

    @property
    def output(self):
        """What the filter makes of the volume: shape (1, H, W) in 2D, (1, D, H, W) in 3D."""
        from convlib import functional

        convolve = functional.conv2d if self.axes == 2 else functional.conv3d
        return convolve(self.input, self.weight)

    def still(self):
        """Draw the three slices of input and output, and what moves where.

        The output is complete whatever ``step`` is: paper cannot be played. Where something is
        asked, there is the input alone: the output's shape would be the answer.
        """
        from convlib.explorables import still

        size = self.weight.shape[-3:]
        output = self.output.reshape(-1, *self.output.shape[-2:])
        place = [min(at, n - 1) for at, n in zip((self.depth, self.row, self.column), output.shape,
                                                 strict=True)]
        middle = [at + n // 2 for at, n in zip(place, size, strict=True)]
        shapes = f"{self.input_shape} ∗ {self.weight_shape}"
        inputs = [_slice("input", axis, self._volume(), middle, place, size) for axis in range(3)]
        if self.ask:
            return still.svg(still.below(still.beside(*inputs), still.text(shapes), gap=6),
                             t("conv_volume.title"))
        outputs = [_slice("output", axis, _displayed(output, self.weight), place, place, (1, 1, 1))
                   for axis in range(3 if self.axes == 3 else 1)]
        places = "·".join(map(str, self.output_shape[1:]))
        moves = t(f"conv_volume.moves_{self.axes}", product=places, count=f"{output.size:,}")
        return still.svg(still.below(still.beside(*inputs), still.beside(*outputs),
                                     still.text(f"{shapes} → {self.output_shape}"),
                                     still.text(moves), gap=6),
                         t("conv_volume.title"))


def _displayed(output, weight):
    """Return the output as pixels: grey where no weight is negative, or blue below 0 to orange."""
    import numpy as np

    if weight.min() >= 0:
        return np.rint(output).astype(np.uint8)
    return signed_colours(output)


def _slice(kind, axis, pixels, at, place, size):
    """Draw the slice of a volume that is index ``at`` of an axis, with a window in it.

    Depth goes up, height down, width to the right.
    """
    import numpy as np

    from convlib.explorables import still

    flat = np.take(pixels, at[axis], axis)[::-1 if axis else 1]
    words = t(f"conv_volume.slice_{axis}", index=at[axis]) if len(pixels) > 1 else "H×W"
    shown = still.image(kind, words, flat.repeat(2 * CELL, 0).repeat(2 * CELL, 1),
                        side=flat.shape[1] * CELL)
    (high, y), (wide, x) = [(size[i], place[i]) for i in range(3) if i != axis]
    y = len(flat) - y - high if axis else y
    window = (f'<rect class="cv-vol-window cv-vol-{kind}" x="{x * CELL}" '
              f'y="{y * CELL + still.LINE}" width="{wide * CELL}" height="{high * CELL}"/>')
    return still.Picture(shown.svg + window, shown.width, shown.height)
