"""Networks: layers put together, measured in one walk, and shown as a table.

`Sequential` puts layers one behind the other. Branches, for which PyTorch has no text, are `Add`,
`Multiply` and `Concat`. `measure` walks through them once and gives the `Row` of each; a `Network`
is such a block with the shape of its input. `table` shows it.
"""

from dataclasses import dataclass
from math import inf, prod

import numpy as np

from convlib import _check as check
from convlib import costs
from convlib.networks.layers import Layer
from convlib.networks.table import layer_table, times
from convlib.receptive import (
    Field,
    IrregularError,
    ListedField,
    ReceptiveField,
    effective_receptive_field,
    field_behind,
    field_of_join,
)


@dataclass(frozen=True, repr=False, init=False)
class Block(Layer):
    """Layers that count as one; a name heads their rows in a table."""

    layers: tuple
    name: str = ""

    def __init__(self, *layers, name=""):
        """Take the layers one by one."""
        for layer in layers:
            if not isinstance(layer, Layer):
                raise TypeError(f"{layer!r} is not a layer")
        if not isinstance(name, str):
            raise TypeError(f"name={name!r} must be a text")
        self._keep("layers", layers)
        self._keep("name", name)

    @property
    def weights(self):
        """The sum of the layers' weights."""
        return sum(layer.weights for layer in self.layers)

    @property
    def parameters(self):
        """The sum of the layers' parameters."""
        return sum(layer.parameters for layer in self.layers)

    @property
    def statistics(self):
        """The sum of what the layers keep and do not learn."""
        return sum(layer.statistics for layer in self.layers)

    @property
    def title(self):
        """The block's name, or what kind of block it is."""
        return self.name or type(self).__name__

    def __repr__(self):
        """Return the block as text in one line; `torch_text.write` breaks it into several."""
        parts = [*map(repr, self.layers), *([f"name={self.name!r}"] if self.name else [])]
        return f"{type(self).__name__}({', '.join(parts)})"


class Sequential(Block):
    """One layer behind the other, as `torch.nn.Sequential`.

    Examples
    --------
    >>> from convlib.networks.layers import Conv2d, ReLU
    >>> Sequential(Conv2d(3, 8, 3), ReLU(), name="stem").parameters
    224
    """


class Branches(Block):
    """Layers that all take the same input; what they give is joined."""

    def __init__(self, *layers, name=""):
        """Take the branches one by one."""
        super().__init__(*layers, name=name)
        if not layers:
            raise ValueError("it has no branches: give at least one")

    def joined_shape(self, given):
        """Return the shape of what the branches' outputs make together."""
        if len(set(given)) > 1:
            raise ValueError(f"the branches of {self.title} give {' and '.join(map(str, given))}: "
                             f"their shapes must be the same")
        return given[0]


class Add(Branches):
    """The sum of branches, as in a residual block.

    Examples
    --------
    >>> from convlib.networks.layers import Conv2d, Identity
    >>> measure(Add(Conv2d(64, 64, 3, padding=1), Identity()), (64, 56, 56)).receptive_field
    3
    """


class Multiply(Branches):
    """The product of branches, as in a gate."""


class Concat(Branches):
    """The channels of all branches side by side, as in an Inception module.

    Examples
    --------
    >>> from convlib.networks.layers import Conv2d
    >>> measure(Concat(Conv2d(64, 32, 1), Conv2d(64, 96, 3, padding=1)), (64, 28, 28)).shape
    (128, 28, 28)
    """

    def joined_shape(self, given):
        """Return the shape with the channels of all branches."""
        if len({shape[1:] for shape in given}) > 1:
            raise ValueError(f"the branches of {self.title} give {' and '.join(map(str, given))}: "
                             f"all but the channels must be the same")
        return (sum(shape[0] for shape in given), *given[0][1:])


@dataclass(frozen=True)
class Row:
    """What a layer makes of its input: one row of a network's table, with the rows inside it.

    Parameters
    ----------
    layer : Layer
        The layer, or a block of them.
    shape : tuple of int
        The output's shape, without a batch axis.
    fields : tuple of ReceptiveField or ListedField
        One an axis: what an output sees of the network's input.
    macs : int
        Multiply-adds.
    windows : tuple of Window
        One an axis: what an output sees of this layer's input; empty where its own place alone.
        None for an axis on which the pattern is too long to list.
    children : tuple of Row
        The rows of the layers inside a block.
    """

    layer: Layer
    shape: tuple
    fields: tuple
    macs: int
    windows: tuple = ()
    children: tuple = ()

    @property
    def parameters(self):
        """How much the layer learns."""
        return self.layer.parameters

    @property
    def receptive_field(self):
        """How many inputs an output reaches over, at most: a number, or one an axis.

        None stands where the outputs see too many different ranges to list.
        """
        sizes = tuple(field.size for field in self.fields)
        return sizes[0] if len(set(sizes)) == 1 else sizes

    def walk(self):
        """Yield this row and all rows inside it, in order."""
        yield self
        for child in self.children:
            yield from child.walk()

    @property
    def leaves(self):
        """The rows of the layers themselves, without the blocks around them, in order."""
        return tuple(row for row in self.walk() if not isinstance(row.layer, Block))

    def effective_field(self, axis=0, output=0):
        """Return how much each input counts in one output: see `receptive.EffectiveField`.

        Every kernel is a uniform average, and where branches meet their weights are added, so that
        a shortcut shows as the peak that it is.
        """
        (axis,) = check.counts(0, axis=axis)
        if axis >= len(self.fields):
            raise ValueError(f"axis={axis} must be below {len(self.fields)}, the number of axes")
        return self._back(effective_receptive_field([], output), axis)

    def _back(self, effective, axis):
        """Return the weights on this row's input that lead to weights on its output."""
        if isinstance(self.layer, Branches):
            first, *others = (child._back(effective, axis) for child in self.children)
            return first.join(*others)
        for child in reversed(self.children):
            effective = child._back(effective, axis)
        if self.windows and self.windows[axis] is None:
            raise ValueError(f"{self.layer!r} makes a pattern too long to list: it has no "
                             f"effective field")
        return effective.through(self.windows[axis]) if self.windows else effective


def measure(layer, shape, fields=None):
    """Return the `Row` of a layer, or of a block with all rows inside it.

    Parameters
    ----------
    layer : Layer
        What is measured.
    shape : tuple of int
        The input's shape: (C, …), without a batch axis.
    fields : tuple of ReceptiveField or ListedField, optional
        What each position sees of a network's input, one an axis; itself by default.

    Raises
    ------
    ValueError
        If a layer does not take its input; the text names the layer and the shape, and the notes
        say where it stands.

    Examples
    --------
    >>> from convlib.networks.layers import Conv2d, MaxPool2d, ReLU
    >>> stem = Sequential(Conv2d(3, 64, 7, stride=2, padding=3), ReLU(), MaxPool2d(2))
    >>> row = measure(stem, (3, 224, 224))
    >>> row.shape, row.parameters, row.macs, row.receptive_field
    ((64, 56, 56), 9472, 118013952, 9)
    """
    if not isinstance(layer, Layer):
        raise TypeError(f"layer={layer!r} must be a layer")
    shape = check.sizes("shape", shape)
    if len(shape) - 1 not in (0, *check.AXES):
        raise ValueError(f"shape={shape} must be (C,) or (C, …) with up to three axes")
    if fields is None:
        fields = (ReceptiveField(),) * (len(shape) - 1)
    if len(check.made_of("fields", fields, Field)) != len(shape) - 1:
        raise ValueError(f"fields has {len(fields)} entries: it needs one for each axis of {shape}")
    return _measure(layer, shape, tuple(fields))


def _measure(layer, shape, fields):
    """Return the row of a layer, or walk through a block."""
    if not isinstance(layer, Block):
        return _measure_one(layer, shape, fields)
    rows = []
    for place, inner in enumerate(layer.layers):
        try:
            rows.append(_measure(inner, shape, fields))
        except ValueError as error:
            error.add_note(f"in layer {place} of {layer.title}")
            raise
        if isinstance(layer, Sequential):
            shape, fields = rows[-1].shape, rows[-1].fields
    if isinstance(layer, Branches):
        shape = layer.joined_shape([row.shape for row in rows])
        branches = zip(*(row.fields for row in rows), strict=True)
        fields = tuple(map(field_of_join, branches, _positions(shape)))
    return Row(layer, shape, fields, sum(row.macs for row in rows), children=tuple(rows))


def _measure_one(layer, shape, fields):
    """Return the row of a layer that is no block."""
    try:
        output, macs = layer.output_shape(shape), layer.macs(shape)
        windows = layer.windows(shape)
    except IrregularError:
        unlisted = (ListedField(None),) * (len(shape) - 1)
        return Row(layer, output, unlisted, macs, (None,) * (len(shape) - 1))
    except ValueError as error:
        raise ValueError(f"{layer!r} does not take an input of shape {shape}: {error}") from None
    if windows:
        fields = tuple(map(field_behind, fields, windows, _positions(output)))
    return Row(layer, output, fields, macs, windows)


def _positions(shape):
    """Return how many outputs lie along each axis: one where a vector is left of the axes."""
    return shape[1:] or (1,) * max(check.AXES)


class Network:
    """Layers on an input of a certain shape: measured, and shown as a table.

    In a table a block's name stands over the rows of its layers, which alone are counted. Borders
    play no part in a receptive field, so that it can be wider than the input.

    Parameters
    ----------
    layers : Sequential
        The layers.
    input_shape : tuple of int
        (C, …), without a batch axis.
    name : str
        What it is called.

    Attributes
    ----------
    total : Row
        The row of the whole network, with all rows inside it.

    Raises
    ------
    ValueError
        If layers do not fit each other or the input; the text names the layer and the shapes.

    Examples
    --------
    >>> from convlib.networks.torch_text import read
    >>> print(Network(read("Conv2d(3, 8, 3), ReLU()"), (3, 9, 9), "small"))
    small: 3×9×9 → 8×7×7
    layer              output    parameters    multiply-    receptive
                                                    adds        field
    ---------------  --------  ------------  -----------  -----------
    Conv2d(3, 8, 3)     8×7×7           224       10,584            3
    ReLU()              8×7×7             0            0            3
    ---------------  --------  ------------  -----------  -----------
    total                               224       10,584
    """

    def __init__(self, layers, input_shape, name="network"):
        """Measure the layers, so that those that do not fit are refused here."""
        if not isinstance(layers, Sequential):
            raise TypeError(f"layers={layers!r} must be a Sequential")
        if not isinstance(input_shape, (tuple, list)):
            raise TypeError(f"input_shape={input_shape!r} must be a tuple")
        shape = check.integers("input_shape", input_shape, len(input_shape), 1)
        if len(shape) - 1 not in (0, *check.AXES):
            raise ValueError(f"input_shape={shape} must be (C,) or (C, …) with up to three axes")
        if not isinstance(name, str):
            raise TypeError(f"name={name!r} must be a text")
        self.layers, self.input_shape, self.name = layers, shape, name
        self.total = measure(layers, shape)

    @property
    def rows(self):
        """One row for each layer in order, without the blocks around them."""
        return self.total.leaves

    def __getitem__(self, name):
        """Return the row of the first block with a name."""
        for row in self.total.walk():
            if isinstance(name, str) and name and row.layer.name == name:
                return row
        names = ", ".join(child.layer.name for child in self.total.children if child.layer.name)
        raise ValueError(f"name={name!r} is no block of {self.name}: it has "
                         f"{names or 'none with names'}")

    @property
    def output_shape(self):
        """The output's shape, without a batch axis."""
        return self.total.shape

    @property
    def parameters(self):
        """How much is learned: weights, biases, and batch normalisation's scales and shifts."""
        return self.total.parameters

    @property
    def macs(self):
        """Multiply-adds of convolutions and fully connected layers for one input, no bias."""
        return self.total.macs

    @property
    def flops(self):
        """Floating-point operations: twice the multiply-adds."""
        return costs.flops(self.macs)

    def by_kind(self):
        """Return {kind: (weights, multiply-adds)} of convolutions and fully connected layers.

        The kinds are 'standard', 'pointwise' (1 x 1, in groups or not), 'depthwise', 'grouped',
        'transposed' and 'linear'.
        """
        kinds = {}
        for row in self.rows:
            if row.layer.weights:
                weights, products = kinds.get(row.layer.kind, (0, 0))
                kinds[row.layer.kind] = weights + row.layer.weights, products + row.macs
        return kinds

    def activation_bytes(self, dtype=np.float32, batch=1):
        """Return the memory of all outputs in bytes, kept side by side as for learning.

        Layers that can work in place (ReLU, dropout, flattening) take none, nor do branches that
        meet: their result stands where those of the branches stood. The input is not counted.
        """
        kept = (prod(row.shape) for row in self.rows if row.layer.keeps_output)
        return costs.activation_bytes((1,), dtype, batch) * sum(kept)

    def table(self, depth=None):
        """Return the table of layers: output, parameters, multiply-adds, receptive field.

        Parameters
        ----------
        depth : int, optional
            How many levels of blocks to open; 1 shows one row a block. All by default.

        Returns
        -------
        table.Table
            It prints as plain text and shows itself as a rich table in a notebook; its headings
            are in the language in use.
        """
        (depth,) = (inf,) if depth is None else check.counts(depth=depth)
        return layer_table(self.total, depth)

    def __repr__(self):
        """Return the name, what comes in and what goes out."""
        return f"{self.name}: {times(self.input_shape)} → {times(self.output_shape)}"

    def __str__(self):
        """Return the name and the whole table."""
        return f"{self!r}\n{self.table()}"

    def _repr_html_(self):
        return self.table()._repr_html_()
