"""Networks as PyTorch text: layers read from it, and written so that they are read back."""

import ast
import difflib
import inspect
import textwrap

from convlib.networks import layers, network
from convlib.networks.network import Block, Sequential

BLOCKS = {name: getattr(network, name) for name in ("Sequential", "Add", "Multiply", "Concat")}
LAYERS = BLOCKS | {name: getattr(layers, name) for name in (
    "Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d",
    "MaxPool1d", "MaxPool2d", "MaxPool3d", "AvgPool1d", "AvgPool2d", "AvgPool3d",
    "AdaptiveAvgPool1d", "AdaptiveAvgPool2d", "AdaptiveAvgPool3d",
    "BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "ZeroPad1d", "ZeroPad2d", "ZeroPad3d",
    "Linear", "Flatten", "Upsample", "PixelShuffle", "ChannelShuffle", "LocalResponseNorm",
    "Identity", "ReLU", "ReLU6", "LeakyReLU", "PReLU", "Sigmoid", "Tanh", "Softmax", "Dropout",
    "Dropout2d",
)}


def read(text):
    """Return the layers that PyTorch text describes, as a `Sequential`.

    One layer a line, or several inside ``nn.Sequential(…)``; with or without ``nn.`` before the
    names, a comma behind the layer or ``self.conv1 =`` before it; arguments in order or by name, as
    PyTorch has them. Branches are ``Add(…)``, ``Multiply(…)`` and ``Concat(…)``. The text is parsed
    and never run.

    Parameters
    ----------
    text : str
        The description.

    Returns
    -------
    Sequential

    Raises
    ------
    TypeError, ValueError
        If there is something else in the text; the message names the line and what is wrong.

    Examples
    --------
    >>> read('''
    ... nn.Conv2d(3, 64, kernel_size=7, stride=2, padding=3)
    ... nn.ReLU(inplace=True)
    ... ''')
    Sequential(Conv2d(3, 64, 7, stride=2, padding=3), ReLU(inplace=True))
    >>> read("Conv2D(3, 64, 7)")
    Traceback (most recent call last):
    ValueError: line 1: there is no layer 'Conv2D': is it Conv2d?
    """
    if not isinstance(text, str):
        raise TypeError(f"text is of type {type(text).__name__}: give a str")
    try:
        tree = ast.parse(textwrap.dedent(text))
        found = [_layer(call) for statement in tree.body for call in _calls(statement)]
    except SyntaxError as error:
        raise ValueError(f"line {error.lineno}: {error.msg}") from None
    except (RecursionError, MemoryError):
        raise ValueError("the text is nested too deeply to be read") from None
    if len(found) == 1 and isinstance(found[0], Sequential):
        return found[0]
    return Sequential(*found)


def _calls(statement):
    """Return the layers on a line: one, or several with commas between or behind them."""
    if not isinstance(statement, (ast.Expr, ast.Assign)):
        raise ValueError(f"line {statement.lineno}: {_quote(statement)} is not a layer")
    value = statement.value
    return value.elts if isinstance(value, ast.Tuple) else [value]


def _layer(node):
    """Return the layer that a call describes."""
    if not isinstance(node, ast.Call):
        raise ValueError(f"line {node.lineno}: {_quote(node)} is not a layer")
    prefix, _, name = ast.unparse(node.func).rpartition(".")
    if prefix not in ("", "nn", "torch.nn") or name not in LAYERS:
        near = difflib.get_close_matches(name, LAYERS, n=1)
        hint = f"is it {near[0]}?" if near else f"there are {', '.join(sorted(LAYERS))}"
        raise ValueError(f"line {node.lineno}: there is no layer {_quote(node.func)}: {hint}")
    arguments = [_layer(each) if name in BLOCKS else _value(each) for each in node.args]
    named = {each.arg: _value(each.value) for each in node.keywords}
    signature = inspect.signature(LAYERS[name])
    try:
        signature.bind(*arguments, **named)
    except TypeError as error:
        takes = ", ".join(signature.parameters)
        raise ValueError(f"line {node.lineno}: {name}: {error}; it takes {takes}") from None
    try:
        return LAYERS[name](*arguments, **named)
    except (TypeError, ValueError) as error:
        raise ValueError(f"line {node.lineno}: {name}: {error}") from None


def _value(node):
    """Return an argument that is written out."""
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError):
        raise ValueError(f"line {node.lineno}: {_quote(node)} is not written out: give a number, "
                         f"a tuple, a text, True, False or None") from None


def _quote(node):
    return repr(textwrap.shorten(ast.unparse(node), 60, placeholder="…"))


def write(block):
    """Return layers as PyTorch text that `read` reads back: one a line, blocks indented.

    Parameters
    ----------
    block : Sequential
        The layers.

    Returns
    -------
    str

    Examples
    --------
    >>> print(write(read("Conv2d(3, 8, (3, 3)), Add(ReLU(), Identity())")))
    Conv2d(3, 8, 3)
    Add(
        ReLU(),
        Identity(),
    )
    """
    if not isinstance(block, Sequential):
        raise TypeError(f"block={block!r} must be a Sequential")
    # A name, or a lone block inside, would be lost without the outer brackets.
    if block.name or (len(block.layers) == 1 and isinstance(block.layers[0], Sequential)):
        return _lines(block)
    return "\n".join(map(_lines, block.layers))


def _lines(layer):
    """Return a layer in one line, and a block with what is inside it set in."""
    if not isinstance(layer, Block) or not layer.layers:
        return repr(layer)
    parts = [*map(_lines, layer.layers), *([f"name={layer.name!r}"] if layer.name else [])]
    inside = textwrap.indent("".join(f"{part},\n" for part in parts), "    ")
    return f"{type(layer).__name__}(\n{inside})"
