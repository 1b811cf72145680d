"""The size calculator: what a convolutional layer makes of an input, and what it costs."""

import traitlets

from convlib.explorables.base import Explorable
from convlib.explorables.traits import Numbers, filled
from convlib.i18n import t

AXES, MOST = 3, 9999  # 1D to 3D; of sizes, channels and groups
NAMES = {1: "L", 2: "HW", 3: "DHW"}


def _sizes(default, low, high):
    return Numbers([default], size=(1, AXES), value=(low, high), whole=True).tag(
        sync=True, state=True)


def _count(default):
    return traitlets.Int(default, min=1, max=MOST).tag(sync=True, state=True)


class SizeCalculator(Explorable):
    """Output size, parameters and multiply-adds of one layer, by PyTorch's names of its settings.

    Each size is a list: one number for all axes, or one for each. Where a list is shorter, its last
    number stands for the axes behind it.

    Parameters
    ----------
    transposed : bool
        Whether the convolution is a transposed one.
    axes : int
        How many axes the kernel slides along: from 1 to 3.
    size : sequence of int
        The input's size, without its channels: from 1 to 9999.
    kernel_size, stride, dilation : sequence of int
        As in `torch.nn.Conv2d`: kernels from 1 to 999, strides and dilations from 1 to 99.
    padding : sequence of int
        Zeros on each side: from 0 to 999; used where ``padding_kind`` is ``'numbers'``.
    padding_kind : {'numbers', 'valid', 'same'}
        PyTorch's words for a padding; a transposed convolution has numbers alone.
    output_padding : sequence of int
        Of a transposed convolution: from 0 to 98.
    in_channels, out_channels, groups : int
        From 1 to 9999.
    bias : bool
        Whether a number is added to each output channel.

    Examples
    --------
    >>> calculator = SizeCalculator(size=[224], kernel_size=[7], stride=[2], padding=[3])
    >>> calculator.layer, calculator.output_shape
    (Conv2d(3, 64, 7, stride=2, padding=3), (64, 112, 112))
    """

    name = "size_calculator"
    space = (386, 790)
    transposed = traitlets.Bool(False).tag(sync=True, state=True)
    axes = traitlets.Int(2, min=1, max=AXES).tag(sync=True, state=True)
    size = _sizes(224, 1, MOST)
    kernel_size = _sizes(7, 1, 999)
    stride = _sizes(2, 1, 99)
    padding = _sizes(3, 0, 999)
    padding_kind = traitlets.Enum(("numbers", "valid", "same"), "numbers").tag(
        sync=True, state=True)
    output_padding = _sizes(0, 0, 98)
    dilation = _sizes(1, 1, 99)
    in_channels, out_channels, groups = _count(3), _count(64), _count(1)
    bias = traitlets.Bool(True).tag(sync=True, state=True)

    def _per_axis(self, name):
        return filled(getattr(self, name), self.axes)

    @property
    def layer(self):
        """The layer, of `convlib.networks.layers`; a ValueError where there is no such layer."""
        from convlib.networks import layers

        sizes = {name: self._per_axis(name) for name in
                 ("kernel_size", "stride", "padding", "dilation")}
        if self.transposed:
            sizes["output_padding"] = self._per_axis("output_padding")
        elif self.padding_kind != "numbers":
            sizes["padding"] = self.padding_kind
        kind = getattr(layers, f"Conv{'Transpose' if self.transposed else ''}{self.axes}d")
        return kind(self.in_channels, self.out_channels, groups=self.groups, bias=self.bias,
                    **sizes)

    @property
    def input_shape(self):
        """The input's shape, ``(in_channels, …)``."""
        return (self.in_channels, *self._per_axis("size"))

    @property
    def output_shape(self):
        """The output's shape, ``(out_channels, …)``; a ValueError where the layer does not fit."""
        return self.layer.output_shape(self.input_shape)

    def still(self):
        """Draw input and output to scale, and write the layer and its costs below."""
        from convlib.explorables import still

        try:
            layer, shape = self.layer, self.output_shape
        except ValueError:  # there is no output to show
            picture = _box("input", self.input_shape, max(self.input_shape[1:]))
            return still.svg(picture, t("size_calculator.title"))
        largest = max(*self.input_shape[1:], *shape[1:])
        boxes = still.beside(_box("input", self.input_shape, largest), still.text("→"),
                             _box("output", shape, largest), gap=24)
        macs = layer.macs(self.input_shape)
        words = [still.text(f"nn.{layer}"),
                 still.text(f"{t('size_calculator.parameters')} {layer.parameters:,}"),
                 still.text(f"{t('size_calculator.macs')} {macs:,}")]
        return still.svg(still.below(boxes, still.below(*words, gap=2)),
                         t("size_calculator.title"))


def _box(kind, shape, largest, side=110):
    """Return an input or an output to scale, height by width, under its shape."""
    from convlib.explorables import still

    *_, height, width = (largest / 8, *shape[1:]) if len(shape) == 2 else shape[1:]
    unit = side / largest
    width, height = (max(length * unit, 2) for length in (width, height))
    label = still.text(f"{t(f'tensor.{kind}')} {shape}", name=f"cv-swatch-{kind}")
    rect = (f'<rect class="cv-still-{kind}" width="{width:.4g}" height="{height:.4g}" '
            'fill-opacity="0.4"/>')
    return still.below(label, still.Picture(rect, width, height), gap=4)
