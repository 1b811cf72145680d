"""The layers of a network as values: what each does to a shape, and what it costs.

A layer holds what the `torch.nn` class of the same name is made with, and no weights. It states its
parameters and, for the shape of an input, the shape of its output, its multiply-adds and what its
outputs see; all are computed by `convlib.shapes` and `convlib.receptive`. Shapes are (C, …),
without a batch axis.

`convlib.networks.network` puts layers together.
"""

# ruff: noqa: D102, D105 - what the methods do is told once, in Layer.

import dataclasses
from dataclasses import dataclass
from math import floor, inf, prod

from convlib import _check as check
from convlib import costs, receptive, shapes


def one_of(name, value, choices):
    """Return a value that is among some, and refuse another.

    Examples
    --------
    >>> one_of("groups", 3, (2, 1))
    Traceback (most recent call last):
    ValueError: groups=3 is unknown here: use 2 or 1
    """
    if not check.among(value, choices):
        raise ValueError(f"{name}={value!r} is unknown here: use "
                         f"{' or '.join(map(repr, choices))}")
    return value


def _short(value):
    """Return one number where a tuple holds the same one for all axes; pairs stay."""
    same = isinstance(value, tuple) and len(set(value)) == 1 and not isinstance(value[0], tuple)
    return value[0] if same else value


class Layer:
    """What all layers share. One that changes no shape and costs nothing needs no more.

    Attributes
    ----------
    weights, parameters, statistics : int
        Weights that multiply an input; all that is learned (with biases, and the scales and shifts
        of batch normalisation); what is kept and not learned.
    keeps_output : bool
        Whether the output takes memory of its own, and does not stand where the input stood.
    name : str
        Blocks of layers can have one.
    """

    weights = parameters = statistics = 0
    keeps_output = True
    name = ""
    _same_for_all_axes = True  # whether (3, 3) may be written 3

    def output_shape(self, shape):
        """Return the output's shape, or raise ValueError if an input of this shape does not fit."""
        return shape

    def windows(self, shape):
        """Return what an output sees, one `receptive.Window` an axis; () where its own place."""
        return ()

    def macs(self, shape):
        """Return the multiply-adds for an input of this shape."""
        return 0

    @property
    def title(self):
        """What stands in a table."""
        return repr(self)

    def __repr__(self):
        """Return the layer as PyTorch text: what it needs in order, what is unusual by name."""
        parts = []
        for each in dataclasses.fields(self):
            value = getattr(self, each.name)
            value = _short(value) if self._same_for_all_axes else value
            if each.default is dataclasses.MISSING:
                parts.append(repr(value))
            elif value != each.default:
                parts.append(f"{each.name}={value!r}")
        return f"{type(self).__name__}({', '.join(parts)})"

    def __post_init__(self):
        """Check the arguments that are declared as one number, or as True or False."""
        for each in dataclasses.fields(self):
            value = getattr(self, each.name)
            if each.type is int:
                (value,) = check.counts(**{each.name: value})
            elif each.type is float or each.type == float | None and value is not None:
                value = check.number(each.name, value)
            elif each.type == int | None and value is not None:
                (value,) = check.counts(-inf, **{each.name: value})
            elif each.type is bool:
                value = check.flag(each.name, value)
            self._keep(each.name, value)

    def _keep(self, name, value):
        object.__setattr__(self, name, value)  # layers are frozen, but while they are being made


class Spatial(Layer):
    """A layer that PyTorch has for one, two and three axes behind the channels, as three classes.

    Sizes are kept as one number an axis.

    Attributes
    ----------
    axes : int
        How many axes the layer is for: 1 in the class `Conv1d`, 2 in `Conv2d`, and so on.
    """

    axes = None

    def __post_init__(self):
        """Refuse to be made without a number of axes, and check as all layers do."""
        if self.axes is None:
            name = type(self).__name__
            raise TypeError(f"{name} has no number of axes: use {name}1d, {name}2d or {name}3d")
        super().__post_init__()

    def _sizes(self, *names, least=1):
        """Check arguments that are one whole number for all axes, or one an axis."""
        for name in names:
            self._keep(name, check.integers(name, getattr(self, name), self.axes, least))

    def _takes(self, shape, channels=None):
        """Refuse an input with other axes or channels than the layer is made for."""
        if len(shape) != 1 + self.axes:
            raise ValueError(f"it needs ({', '.join(('C', *check.AXES[self.axes]))})")
        if channels is not None:
            _has_channels(shape, channels)


def _has_channels(shape, channels):
    """Refuse an input with another number of channels."""
    if shape[0] != channels:
        raise ValueError(f"it needs {channels} channels, not {shape[0]}")


# How many cells more than the padding an axis needs, for what stands there; None: any does.
CONTINUED = {"zeros": None, "replicate": None, "reflect": 1, "circular": 0}


def _continues(shape, pads, least):
    """Refuse an input that has not the cells which its padding repeats."""
    if least is None:
        return
    for size, pad, axis in zip(shape[1:], pads, check.AXES[len(pads)], strict=True):
        if size < max(pad) + least:
            than = "smaller than" if least else "at most as large as"
            raise ValueError(f"padding={tuple(pad)} must be {than} the input, which has {size} in "
                             f"axis {axis}")


def _cut(padding, axes):
    """Return padding with one number an axis, or one pair where the two sides differ."""
    pads = shapes.cut_width(padding, axes)
    same = all(before == after for before, after in pads)
    return tuple(before for before, _ in pads) if same else pads


def _windows(window, kernel_size, stride, padding, dilation):
    """Return one window an axis."""
    return tuple(window(k, stride=s, padding=p, dilation=d) for k, s, p, d in
                 zip(kernel_size, stride, padding, dilation, strict=True))


class _Kernel(Spatial):
    """What convolutions and transposed ones share."""

    @property
    def weights(self):
        return self._count(bias=False)

    @property
    def parameters(self):
        return self._count(bias=self.bias)

    def _count(self, bias):
        return costs.conv_parameters(self.in_channels, self.out_channels, self.kernel_size,
                                      groups=self.groups, bias=bias)


@dataclass(frozen=True, repr=False)
class Conv(_Kernel):
    """A convolution: `torch.nn.Conv1d`, `Conv2d` and `Conv3d`.

    Parameters
    ----------
    in_channels, out_channels : int
        Channels of the input and of the output.
    kernel_size, stride, dilation : int or tuple of int
        The kernel's size, the steps of the window and the distance of its cells: one number for
        all axes, or one an axis.
    padding : int, tuple of int, tuple of (int, int) or str
        Zeros on both sides of each axis, or (before, after) for each; 'valid' or 'same', which
        keeps the size and needs stride 1; 'SAME_UPPER' or 'SAME_LOWER' as in `shapes`.
    groups : int
        Into how many separate convolutions the channels are divided; it divides both.
    bias : bool
        Whether a number is added to each output channel.
    padding_mode : {'zeros', 'reflect', 'replicate', 'circular'}
        What stands in the padding.

    Examples
    --------
    >>> conv = Conv2d(3, 64, (7, 7), stride=2, padding=3)
    >>> conv, conv.output_shape((3, 224, 224)), conv.parameters, conv.macs((3, 224, 224))
    (Conv2d(3, 64, 7, stride=2, padding=3), (64, 112, 112), 9472, 118013952)
    """

    in_channels: int
    out_channels: int
    kernel_size: int | tuple
    stride: int | tuple = 1
    padding: int | tuple | str = 0
    dilation: int | tuple = 1
    groups: int = 1
    bias: bool = True
    padding_mode: str = "zeros"

    def __post_init__(self):
        super().__post_init__()
        self._sizes("kernel_size", "stride", "dilation")
        if not isinstance(self.padding, str):
            self._keep("padding", _cut(self.padding, self.axes))
        one_of("padding_mode", self.padding_mode, tuple(CONTINUED))
        _ = self.pads(self.kernel_size)  # refuses unknown words, and 'same' with a stride
        _ = self.weights  # refuses groups that do not divide

    @property
    def kind(self):
        """Which of the usual kinds it is."""
        if self.groups == self.in_channels > 1:
            return "depthwise"
        if set(self.kernel_size) == {1}:
            return "pointwise"
        return "grouped" if self.groups > 1 else "standard"

    def pads(self, size):
        """Return (before, after) for each axis, for an input of this size."""
        size = check.integers("size", size, self.axes, 1)
        return shapes.pad_width(self.padding, self.kernel_size, stride=self.stride,
                                dilation=self.dilation, size=size)

    @property
    def _steps(self):
        return {"stride": self.stride, "padding": self.padding, "dilation": self.dilation}

    def output_shape(self, shape):
        self._takes(shape, self.in_channels)
        _continues(shape, self.pads(shape[1:]), CONTINUED[self.padding_mode])
        return (self.out_channels,
                *shapes.conv_output_size(shape[1:], self.kernel_size, **self._steps))

    def windows(self, shape):
        before = [before for before, _ in self.pads(shape[1:])]
        return _windows(receptive.conv_window, self.kernel_size, self.stride, before, self.dilation)

    def macs(self, shape):
        return costs.conv_macs(shape, self.out_channels, self.kernel_size, groups=self.groups,
                                **self._steps)


class Conv1d(Conv):
    """Convolution of signals (C, L): see `Conv`."""

    axes = 1


class Conv2d(Conv):
    """Convolution of images (C, H, W): see `Conv`."""

    axes = 2


class Conv3d(Conv):
    """Convolution of volumes (C, D, H, W): see `Conv`."""

    axes = 3


@dataclass(frozen=True, repr=False)
class ConvTranspose(_Kernel):
    """A transposed convolution: `torch.nn.ConvTranspose1d`, `ConvTranspose2d`, `ConvTranspose3d`.

    Parameters
    ----------
    in_channels, out_channels, kernel_size, stride, groups, bias, dilation
        As in `Conv`; the stride is the distance at which the inputs lay their kernels.
    padding : int, tuple of int or tuple of (int, int)
        How many positions are cut from both ends of each axis of the output, or (before, after)
        for each.
    output_padding : int or tuple of int
        How many more positions are computed at the end; less than stride or dilation.
    padding_mode : {'zeros'}
        PyTorch has the argument, with this value alone.

    Examples
    --------
    >>> conv = ConvTranspose2d(512, 256, 4, stride=2, padding=1)
    >>> conv.output_shape((512, 8, 8)), conv.macs((512, 8, 8))
    ((256, 16, 16), 134217728)
    """

    in_channels: int
    out_channels: int
    kernel_size: int | tuple
    stride: int | tuple = 1
    padding: int | tuple = 0
    output_padding: int | tuple = 0
    groups: int = 1
    bias: bool = True
    dilation: int | tuple = 1
    padding_mode: str = "zeros"

    kind = "transposed"

    def __post_init__(self):
        super().__post_init__()
        self._sizes("kernel_size", "stride", "dilation")
        self._sizes("output_padding", least=0)
        self._keep("padding", _cut(self.padding, self.axes))
        one_of("padding_mode", self.padding_mode, ("zeros",))
        _ = self.weights  # refuses groups that do not divide

    def output_shape(self, shape):
        self._takes(shape, self.in_channels)
        return (self.out_channels, *shapes.conv_transpose_output_size(
            shape[1:], self.kernel_size, stride=self.stride, padding=self.padding,
            output_padding=self.output_padding, dilation=self.dilation))

    def windows(self, shape):
        before = [before for before, _ in shapes.cut_width(self.padding, self.axes)]
        return _windows(receptive.conv_transpose_window, self.kernel_size, self.stride, before,
                        self.dilation)

    def macs(self, shape):
        return costs.conv_transpose_macs(shape, self.out_channels, self.kernel_size,
                                          groups=self.groups)


class ConvTranspose1d(ConvTranspose):
    """Transposed convolution of signals (C, L): see `ConvTranspose`."""

    axes = 1


class ConvTranspose2d(ConvTranspose):
    """Transposed convolution of images (C, H, W): see `ConvTranspose`."""

    axes = 2


class ConvTranspose3d(ConvTranspose):
    """Transposed convolution of volumes (C, D, H, W): see `ConvTranspose`."""

    axes = 3


class _Pool(Spatial):
    """What the two poolings share; the stride is the kernel's size unless it is given."""

    def __post_init__(self):
        super().__post_init__()
        if self.stride is None:
            self._keep("stride", self.kernel_size)
        self._sizes("kernel_size", "stride")
        self._sizes("padding", least=0)

    def output_shape(self, shape):
        self._takes(shape)
        return (shape[0], *shapes.pool_output_size(
            shape[1:], self.kernel_size, stride=self.stride, padding=self.padding,
            dilation=self.dilation, ceil_mode=self.ceil_mode))

    def windows(self, shape):
        return _windows(receptive.conv_window, self.kernel_size, self.stride, self.padding,
                        self.dilation)


@dataclass(frozen=True, repr=False)
class MaxPool(_Pool):
    """The largest number of each window: `torch.nn.MaxPool1d`, `MaxPool2d` and `MaxPool3d`.

    Parameters
    ----------
    kernel_size, stride, dilation : int or tuple of int
        As in `Conv`; the stride is the kernel's size by default.
    padding : int or tuple of int
        How far windows reach over the border, at most half of the kernel; padding never wins.
    return_indices : bool
        Whether PyTorch's layer also returns where the numbers stood. It changes no size.
    ceil_mode : bool
        Whether a last window is kept that reaches beyond the end.

    Examples
    --------
    >>> MaxPool2d(3, stride=2, padding=1).output_shape((64, 112, 112))
    (64, 56, 56)
    """

    kernel_size: int | tuple
    stride: int | tuple | None = None
    padding: int | tuple = 0
    dilation: int | tuple = 1
    return_indices: bool = False
    ceil_mode: bool = False

    def __post_init__(self):
        super().__post_init__()
        self._sizes("dilation")


class MaxPool1d(MaxPool):
    """Max pooling of signals (C, L): see `MaxPool`."""

    axes = 1


class MaxPool2d(MaxPool):
    """Max pooling of images (C, H, W): see `MaxPool`."""

    axes = 2


class MaxPool3d(MaxPool):
    """Max pooling of volumes (C, D, H, W): see `MaxPool`."""

    axes = 3


@dataclass(frozen=True, repr=False)
class AvgPool(_Pool):
    """The mean of each window: `torch.nn.AvgPool1d`, `AvgPool2d` and `AvgPool3d`.

    Parameters
    ----------
    kernel_size, stride, padding, ceil_mode
        As in `MaxPool`.
    count_include_pad : bool
        Whether the padding's zeros count in the mean.
    """

    kernel_size: int | tuple
    stride: int | tuple | None = None
    padding: int | tuple = 0
    ceil_mode: bool = False
    count_include_pad: bool = True

    @property
    def dilation(self):
        """Means have none."""
        return (1,) * self.axes


class AvgPool1d(AvgPool):
    """Average pooling of signals (C, L): see `AvgPool`."""

    axes = 1


class AvgPool2d(AvgPool):
    """Average pooling of images (C, H, W): see `AvgPool`."""

    axes = 2


class AvgPool3d(AvgPool):
    """Average pooling of volumes (C, D, H, W): see `AvgPool`."""

    axes = 3


@dataclass(frozen=True, repr=False)
class _AdaptivePool(Spatial):
    """What the two adaptive poolings share: None keeps an axis as it is."""

    output_size: int | tuple | None

    def __post_init__(self):
        super().__post_init__()
        asked = self.output_size
        asked = tuple(asked) if isinstance(asked, (tuple, list)) else (asked,) * self.axes
        numbers = check.integers("output_size", tuple(1 if n is None else n for n in asked),
                                 self.axes, 1)
        self._keep("output_size", tuple(None if n is None else size for n, size in
                                        zip(asked, numbers, strict=True)))

    def output_shape(self, shape):
        self._takes(shape)
        return (shape[0], *(i if n is None else n for i, n in
                            zip(shape[1:], self.output_size, strict=True)))

    def windows(self, shape):
        return tuple(map(receptive.adaptive_pool_window, shape[1:], self.output_shape(shape)[1:]))


class AdaptiveAvgPool(_AdaptivePool):
    """Means of as many windows as are asked for: `torch.nn.AdaptiveAvgPool1d`, `2d` and `3d`.

    Examples
    --------
    >>> AdaptiveAvgPool2d(1).output_shape((2048, 7, 7))
    (2048, 1, 1)
    >>> AdaptiveAvgPool2d((None, 7)).output_shape((512, 9, 14))
    (512, 9, 7)
    """


class AdaptiveAvgPool1d(AdaptiveAvgPool):
    """Adaptive average pooling of signals (C, L): see `AdaptiveAvgPool`."""

    axes = 1


class AdaptiveAvgPool2d(AdaptiveAvgPool):
    """Adaptive average pooling of images (C, H, W): see `AdaptiveAvgPool`."""

    axes = 2


class AdaptiveAvgPool3d(AdaptiveAvgPool):
    """Adaptive average pooling of volumes (C, D, H, W): see `AdaptiveAvgPool`."""

    axes = 3


@dataclass(frozen=True, repr=False)
class AdaptiveMaxPool(_AdaptivePool):
    """The largest of as many windows as are asked for: `torch.nn.AdaptiveMaxPool1d`, `2d`, `3d`."""

    return_indices: bool = False


class AdaptiveMaxPool1d(AdaptiveMaxPool):
    """Adaptive max pooling of signals (C, L): see `AdaptiveMaxPool`."""

    axes = 1


class AdaptiveMaxPool2d(AdaptiveMaxPool):
    """Adaptive max pooling of images (C, H, W): see `AdaptiveMaxPool`."""

    axes = 2


class AdaptiveMaxPool3d(AdaptiveMaxPool):
    """Adaptive max pooling of volumes (C, D, H, W): see `AdaptiveMaxPool`."""

    axes = 3


@dataclass(frozen=True, repr=False)
class _ChannelNorm(Spatial):
    """What the normalisations of single channels share."""

    num_features: int
    eps: float = 1e-5
    momentum: float | None = 0.1
    affine: bool = True
    track_running_stats: bool = True
    bias: bool = True

    @property
    def parameters(self):
        return _scales(self.num_features, self.affine, self.bias)

    @property
    def statistics(self):
        return costs.batch_norm_parameters(self.num_features) if self.track_running_stats else 0

    def output_shape(self, shape):
        self._takes(shape, self.num_features)
        return shape


def _scales(count, affine, bias):
    """Return how many scales, and shifts, a normalisation learns."""
    return costs.batch_norm_parameters(count, bias=bias) if affine else 0


class BatchNorm(_ChannelNorm):
    """Channels scaled and shifted: `torch.nn.BatchNorm1d` (of vectors too), `2d` and `3d`.

    Examples
    --------
    >>> BatchNorm2d(64).parameters, BatchNorm2d(64).statistics
    (128, 128)
    """

    def output_shape(self, shape):
        vector = self.axes == 1 and len(shape) == 1
        super().output_shape((*shape, 1) if vector else shape)
        return shape


class BatchNorm1d(BatchNorm):
    """Batch normalisation of signals (C, L), or of vectors (C,): see `BatchNorm`."""

    axes = 1


class BatchNorm2d(BatchNorm):
    """Batch normalisation of images (C, H, W): see `BatchNorm`."""

    axes = 2


class BatchNorm3d(BatchNorm):
    """Batch normalisation of volumes (C, D, H, W): see `BatchNorm`."""

    axes = 3


@dataclass(frozen=True, repr=False)
class InstanceNorm(_ChannelNorm):
    """Each channel of each image by itself: `torch.nn.InstanceNorm1d`, `2d` and `3d`.

    Examples
    --------
    >>> InstanceNorm2d(64).parameters, InstanceNorm2d(64, affine=True).parameters
    (0, 128)
    """

    affine: bool = False
    track_running_stats: bool = False

    def output_shape(self, shape):
        if prod(shape[1:]) == 1 and not self.track_running_stats:
            raise ValueError("it needs more than one number a channel, to have a variance")
        return super().output_shape(shape)


class InstanceNorm1d(InstanceNorm):
    """Instance normalisation of signals (C, L): see `InstanceNorm`."""

    axes = 1


class InstanceNorm2d(InstanceNorm):
    """Instance normalisation of images (C, H, W): see `InstanceNorm`."""

    axes = 2


class InstanceNorm3d(InstanceNorm):
    """Instance normalisation of volumes (C, D, H, W): see `InstanceNorm`."""

    axes = 3


@dataclass(frozen=True, repr=False)
class GroupNorm(Layer):
    """Groups of channels together, as `torch.nn.GroupNorm`.

    Examples
    --------
    >>> GroupNorm(32, 64).parameters
    128
    """

    num_groups: int
    num_channels: int
    eps: float = 1e-5
    affine: bool = True
    bias: bool = True

    def __post_init__(self):
        super().__post_init__()
        if self.num_channels % self.num_groups:
            raise ValueError(f"num_groups={self.num_groups} must divide "
                             f"num_channels={self.num_channels}")

    @property
    def parameters(self):
        return _scales(self.num_channels, self.affine, self.bias)

    def output_shape(self, shape):
        _has_channels(shape, self.num_channels)
        if prod(shape) == self.num_groups:
            raise ValueError("it needs more than one number a group, to have a variance")
        return shape


@dataclass(frozen=True, repr=False)
class LayerNorm(Layer):
    """All numbers of the last axes together, as `torch.nn.LayerNorm`.

    Examples
    --------
    >>> LayerNorm((64, 7, 7)).parameters
    6272
    """

    normalized_shape: int | tuple
    eps: float = 1e-5
    elementwise_affine: bool = True
    bias: bool = True

    _same_for_all_axes = False

    def __post_init__(self):
        super().__post_init__()
        value = self.normalized_shape
        value = value if isinstance(value, (tuple, list)) else (value,)
        self._keep("normalized_shape", check.sizes("normalized_shape", value))

    @property
    def parameters(self):
        return _scales(prod(self.normalized_shape), self.elementwise_affine, self.bias)

    def output_shape(self, shape):
        if shape[-len(self.normalized_shape):] != self.normalized_shape:
            raise ValueError(f"its last axes must be {self.normalized_shape}")
        return shape


@dataclass(frozen=True, repr=False)
class Pad(Spatial):
    """More cells at both ends of each axis, the last axis first: what torch's seven kinds share."""

    padding: int | tuple

    mode = "constant"  # as `functional.pad` calls what it puts there

    def __post_init__(self):
        super().__post_init__()
        self._keep("padding", check.integers("padding", self.padding, 2 * self.axes, 0))

    @property
    def pads(self):
        """(before, after) for each axis, the first axis first."""
        return list(zip(self.padding[::2], self.padding[1::2], strict=True))[::-1]

    def output_shape(self, shape):
        self._takes(shape)
        return (shape[0], *(size + sum(pad) for size, pad in
                            zip(shape[1:], self.pads, strict=True)))

    def windows(self, shape):
        return tuple(receptive.conv_window(1, padding=before) for before, _ in self.pads)


class ZeroPad(Pad):
    """Zeros at both ends of each axis, the last axis first: `torch.nn.ZeroPad1d`, `2d` and `3d`.

    Examples
    --------
    >>> ZeroPad2d((1, 2, 3, 4)).output_shape((1, 9, 8))
    (1, 16, 11)
    """


class ZeroPad1d(ZeroPad):
    """Zero padding of signals (C, L): see `ZeroPad`."""

    axes = 1


class ZeroPad2d(ZeroPad):
    """Zero padding of images (C, H, W): see `ZeroPad`."""

    axes = 2


class ZeroPad3d(ZeroPad):
    """Zero padding of volumes (C, D, H, W): see `ZeroPad`."""

    axes = 3


@dataclass(frozen=True, repr=False)
class ConstantPad(Pad):
    """One number at both ends of each axis: `torch.nn.ConstantPad1d`, `2d` and `3d`."""

    value: float


class ReflectionPad(Pad):
    """The input mirrored at its outermost cells: `torch.nn.ReflectionPad1d`, `2d` and `3d`.

    Examples
    --------
    >>> ReflectionPad1d(3).output_shape((1, 3))
    Traceback (most recent call last):
    ValueError: padding=(3, 3) must be smaller than the input, which has 3 in axis L
    """

    mode = "reflect"

    def output_shape(self, shape):
        output = super().output_shape(shape)
        _continues(shape, self.pads, CONTINUED[self.mode])
        return output


class ReplicationPad(Pad):
    """The outermost cells repeated: `torch.nn.ReplicationPad1d`, `2d` and `3d`."""

    mode = "replicate"


class CircularPad(ReflectionPad):
    """The input continued from its other end: `torch.nn.CircularPad1d`, `2d` and `3d`."""

    mode = "circular"


class ConstantPad1d(ConstantPad):
    """Constant padding of signals (C, L): see `ConstantPad`."""

    axes = 1


class ConstantPad2d(ConstantPad):
    """Constant padding of images (C, H, W): see `ConstantPad`."""

    axes = 2


class ConstantPad3d(ConstantPad):
    """Constant padding of volumes (C, D, H, W): see `ConstantPad`."""

    axes = 3


class ReflectionPad1d(ReflectionPad):
    """Mirrored padding of signals (C, L): see `ReflectionPad`."""

    axes = 1


class ReflectionPad2d(ReflectionPad):
    """Mirrored padding of images (C, H, W): see `ReflectionPad`."""

    axes = 2


class ReflectionPad3d(ReflectionPad):
    """Mirrored padding of volumes (C, D, H, W): see `ReflectionPad`."""

    axes = 3


class ReplicationPad1d(ReplicationPad):
    """Repeated border of signals (C, L): see `ReplicationPad`."""

    axes = 1


class ReplicationPad2d(ReplicationPad):
    """Repeated border of images (C, H, W): see `ReplicationPad`."""

    axes = 2


class ReplicationPad3d(ReplicationPad):
    """Repeated border of volumes (C, D, H, W): see `ReplicationPad`."""

    axes = 3


class CircularPad1d(CircularPad):
    """Circular padding of signals (C, L): see `CircularPad`."""

    axes = 1


class CircularPad2d(CircularPad):
    """Circular padding of images (C, H, W): see `CircularPad`."""

    axes = 2


class CircularPad3d(CircularPad):
    """Circular padding of volumes (C, D, H, W): see `CircularPad`."""

    axes = 3


@dataclass(frozen=True, repr=False)
class Linear(Layer):
    """Every output from every input, as `torch.nn.Linear`: of a vector, so `Flatten` first."""

    in_features: int
    out_features: int
    bias: bool = True

    kind = "linear"

    @property
    def weights(self):
        return costs.dense_parameters(self.in_features, self.out_features, bias=False)

    @property
    def parameters(self):
        return costs.dense_parameters(self.in_features, self.out_features, bias=self.bias)

    def output_shape(self, shape):
        if shape != (self.in_features,):
            raise ValueError(f"it needs a vector of {self.in_features}, by Flatten() before it")
        return (self.out_features,)

    def macs(self, shape):
        return costs.dense_macs(self.in_features, self.out_features)


@dataclass(frozen=True, repr=False)
class Flatten(Layer):
    """All numbers as one vector, as `torch.nn.Flatten`: it sees what its positions see together."""

    start_dim: int = 1
    end_dim: int = -1

    keeps_output = False

    def __post_init__(self):
        one_of("start_dim", self.start_dim, (1,))
        one_of("end_dim", self.end_dim, (-1,))

    def output_shape(self, shape):
        return (prod(shape),)

    def windows(self, shape):
        return tuple(receptive.adaptive_pool_window(size, 1) for size in shape[1:])


LINEAR = {1: "linear", 2: "bilinear", 3: "trilinear"}  # PyTorch's names, by the number of axes


@dataclass(frozen=True, repr=False)
class Upsample(Layer):
    """More positions by interpolation, as `torch.nn.Upsample`: to a size, or by a factor.

    Examples
    --------
    >>> Upsample(scale_factor=2, mode="bilinear").output_shape((21, 28, 28))
    (21, 56, 56)
    """

    size: int | tuple | None = None
    scale_factor: float | tuple | None = None
    mode: str = "nearest"
    align_corners: bool | None = None

    def __post_init__(self):
        if (self.size is None) == (self.scale_factor is None):
            raise ValueError("give either size or scale_factor")
        name = "size" if self.scale_factor is None else "scale_factor"
        values = getattr(self, name)
        values = tuple(values) if isinstance(values, (tuple, list)) else (values,)
        if self.scale_factor is None:
            values = check.sizes(name, values)
            if len(values) > len(LINEAR):
                raise ValueError(f"size={self.size!r} has {len(values)} numbers: give up to three")
        elif not all(0 < check.number(name, each) < inf for each in values):
            raise ValueError(f"{name}={self.scale_factor!r} must be above 0 in every axis")
        self._keep(name, _short(values))
        one_of("mode", self.mode, ("nearest", *LINEAR.values()))
        one_of("align_corners", self.align_corners, (None, True, False))
        if self.mode == "nearest" and self.align_corners is not None:
            raise ValueError(f"align_corners={self.align_corners!r} is not for mode='nearest', "
                             f"which has no corners to align: leave it out")

    def output_shape(self, shape):
        axes = len(shape) - 1
        if axes not in LINEAR or self.mode not in ("nearest", LINEAR[axes]):
            raise ValueError(f"mode={self.mode!r} is not for {axes} axes")
        asked = self.scale_factor if self.size is None else self.size
        asked = asked if isinstance(asked, tuple) else (asked,) * axes
        if len(asked) != axes:
            raise ValueError(f"{asked} is not one number an axis")
        if self.size is None:
            asked = (floor(i * factor) for i, factor in zip(shape[1:], asked, strict=True))
        return (shape[0], *asked)

    def windows(self, shape):
        mode = "nearest" if self.mode == "nearest" else "linear"
        factors = self.scale_factor
        factors = factors if isinstance(factors, tuple) else (factors,) * (len(shape) - 1)
        return tuple(receptive.upsample_window(i, n, mode, bool(self.align_corners), factor)
                     for i, n, factor in zip(shape[1:], self.output_shape(shape)[1:], factors,
                                             strict=True))


@dataclass(frozen=True, repr=False)
class PixelShuffle(Layer):
    """Groups of r·r channels laid out as r by r pixels, as `torch.nn.PixelShuffle`."""

    upscale_factor: int

    def output_shape(self, shape):
        r = self.upscale_factor
        if len(shape) != 3 or shape[0] % r**2:
            raise ValueError(f"it needs (C, H, W) with a multiple of {r**2} channels")
        return (shape[0] // r**2, *(r * i for i in shape[1:]))

    def windows(self, shape):
        return tuple(receptive.upsample_window(i, self.upscale_factor * i) for i in shape[1:])


@dataclass(frozen=True, repr=False)
class ChannelShuffle(Layer):
    """The channels of each group dealt out to all groups, as `torch.nn.ChannelShuffle`."""

    groups: int

    def output_shape(self, shape):
        if len(shape) == 1:
            raise ValueError("it needs an axis or more behind the channels")
        if shape[0] % self.groups:
            raise ValueError(f"groups={self.groups} must divide its {shape[0]} channels")
        return shape


@dataclass(frozen=True, repr=False)
class LocalResponseNorm(Layer):
    """Each number divided by its neighbours' in depth, as `torch.nn.LocalResponseNorm`."""

    size: int
    alpha: float = 1e-4
    beta: float = 0.75
    k: float = 1.0


@dataclass(frozen=True, repr=False)
class InPlace(Layer):
    """A layer whose output has its input's shape and can stand where that stood."""

    keeps_output = False


class Identity(InPlace):
    """Its input, as `torch.nn.Identity`."""


@dataclass(frozen=True, repr=False)
class GELU(InPlace):
    """x times the normal distribution's share below x, as `torch.nn.GELU`."""

    approximate: str = "none"

    def __post_init__(self):
        super().__post_init__()
        one_of("approximate", self.approximate, ("none", "tanh"))


class Sigmoid(InPlace):
    """1/(1 + exp(-x)), as `torch.nn.Sigmoid`."""


class Tanh(InPlace):
    """tanh(x), as `torch.nn.Tanh`."""


@dataclass(frozen=True, repr=False)
class Softmax(InPlace):
    """exp(x) divided by its sum along an axis, as `torch.nn.Softmax`."""

    dim: int | None = None

    def output_shape(self, shape):
        axes = 1 + len(shape)  # with that of the batch
        if self.dim is not None and not -axes <= self.dim < axes:
            raise ValueError(f"dim={self.dim} must be from {-axes} to {axes - 1}: with its batch "
                             f"the input has {axes} axes")
        return shape


@dataclass(frozen=True, repr=False)
class ReLU(InPlace):
    """max(x, 0), as `torch.nn.ReLU`."""

    inplace: bool = False


class ReLU6(ReLU):
    """min(max(x, 0), 6), as `torch.nn.ReLU6`."""


class SiLU(ReLU):
    """x/(1 + exp(-x)), as `torch.nn.SiLU`."""


class Mish(ReLU):
    """x·tanh(log(1 + exp(x))), as `torch.nn.Mish`."""


class Hardswish(ReLU):
    """x·min(max(x + 3, 0), 6)/6, as `torch.nn.Hardswish`."""


class Hardsigmoid(ReLU):
    """min(max(x + 3, 0), 6)/6, as `torch.nn.Hardsigmoid`."""


@dataclass(frozen=True, repr=False)
class ELU(InPlace):
    """x, and a·(exp(x) - 1) below 0, as `torch.nn.ELU`."""

    alpha: float = 1.0
    inplace: bool = False


@dataclass(frozen=True, repr=False)
class LeakyReLU(InPlace):
    """x, and a part of it below 0, as `torch.nn.LeakyReLU`."""

    negative_slope: float = 0.01
    inplace: bool = False


@dataclass(frozen=True, repr=False)
class PReLU(InPlace):
    """x, and below 0 a part of it that is learned, as `torch.nn.PReLU`: for all channels or each.

    Examples
    --------
    >>> PReLU(10).parameters
    10
    """

    num_parameters: int = 1
    init: float = 0.25

    @property
    def parameters(self):
        return self.num_parameters

    def output_shape(self, shape):
        if self.num_parameters != 1:
            _has_channels(shape, self.num_parameters)
        return shape


@dataclass(frozen=True, repr=False)
class Dropout(InPlace):
    """Numbers left out by chance while learning, as `torch.nn.Dropout`."""

    p: float = 0.5
    inplace: bool = False

    def __post_init__(self):
        super().__post_init__()
        if not 0 <= self.p <= 1:
            raise ValueError(f"p={self.p!r} must be from 0 to 1")


class Dropout2d(Dropout):
    """Channels left out by chance while learning, as `torch.nn.Dropout2d`."""
