"""Networks as PyTorch text: layers read from it, and written so that they are read back."""

import ast
import difflib
import inspect
import re
import textwrap
from collections import Counter

from convlib.networks import layers, network, printout
from convlib.networks.network import Block, Sequential

BLOCKS = {name: getattr(network, name) for name in ("Sequential", "Add", "Multiply", "Concat")}
SPATIAL = ("Conv", "ConvTranspose", "MaxPool", "AvgPool", "AdaptiveAvgPool", "AdaptiveMaxPool",
           "BatchNorm", "InstanceNorm", "ZeroPad", "ConstantPad", "ReflectionPad", "ReplicationPad",
           "CircularPad")  # each for one, two and three axes
LAYERS = BLOCKS | {name: getattr(layers, name) for name in (
    *(f"{kind}{axes}d" for kind in SPATIAL for axes in (1, 2, 3)),
    "GroupNorm", "LayerNorm", "Linear", "Flatten", "Upsample", "PixelShuffle", "ChannelShuffle",
    "LocalResponseNorm", "Identity", "ReLU", "ReLU6", "LeakyReLU", "PReLU", "ELU", "GELU", "SiLU",
    "Mish", "Hardswish", "Hardsigmoid", "Sigmoid", "Tanh", "Softmax", "Dropout", "Dropout2d",
)}

# Modules of torchvision that run their parts in the order of the printout; before the last part of
# the second kind, the classifier, they flatten.
IN_ORDER = ("Conv2dNormActivation", "Conv3dNormActivation")
FLATTENED = ("AlexNet", "VGG")

WORDS = ("padding", "padding_mode", "mode")  # of a layer, which a printout has without quotes


def read(text, *, unknown="refuse"):
    """Return the layers that PyTorch text describes, as a `Sequential`.

    One layer a line, or several inside ``nn.Sequential(…)``; with or without ``nn.`` before the
    names, a comma behind the layer or ``self.conv1 =`` before it; arguments in order or by name, as
    PyTorch has them. Branches are ``Add(…)``, ``Multiply(…)`` and ``Concat(…)``. What ``print``
    shows of a module is read too. The text is parsed and never run.

    A printout lists a module's parts, and not how its ``forward`` joins them. So the modules that
    are read are those whose parts follow each other: `torch.nn.Sequential`, and of torchvision
    Conv2dNormActivation, Conv3dNormActivation, AlexNet and VGG. Others are refused by name.

    Parameters
    ----------
    text : str
        The description.
    unknown : {'refuse', 'identity'}
        What becomes of a module that is not known: an error, or `Identity`, which keeps the shape,
        learns nothing and costs nothing.

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
    >>> read('''
    ... Sequential(
    ...   (0): Conv2d(3, 8, kernel_size=(3, 3), stride=(1, 1), padding=same)
    ...   (1): ReLU(inplace=True)
    ... )
    ... ''')
    Sequential(Conv2d(3, 8, 3, padding='same'), ReLU(inplace=True))
    """
    if not isinstance(text, str):
        raise TypeError(f"text is of type {type(text).__name__}: give a str")
    layers.one_of("unknown", unknown, ("refuse", "identity"))
    text = text.replace("\ufeff", "").replace("\xa0", " ")  # what is copied from a page or a file
    try:
        tree = ast.parse(printout.as_calls(textwrap.dedent(text)))
        calls = [call for statement in tree.body for call in _calls(statement)]
        found = _layers(calls, unknown == "identity")
    except SyntaxError as error:
        raise ValueError(f"line {error.lineno}: {error.msg}") from None
    except (RecursionError, MemoryError):
        raise ValueError("the text is nested too deeply to be read") from None
    if len(found) == 1 and isinstance(found[0], Sequential):
        return found[0]
    return Sequential(*found)


def _calls(statement):
    """Return the layers on a line: one, or several with commas between or behind them."""
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return []
    if not isinstance(statement, (ast.Expr, ast.Assign)):
        raise ValueError(f"line {statement.lineno}: {_quote(statement)} is not a layer")
    value = statement.value
    return value.elts if isinstance(value, ast.Tuple) else [value]


def _layers(calls, lenient):
    """Return the layers that calls describe, those of a printout that are repeated one by one."""
    found = []
    for node in calls:
        times = 1
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Repeat" and len(node.args) > 1:
            times, node = _value(node.args[0]), node.args[1]
        found += [_layer(node, lenient)] * times
    return found


def _layer(node, lenient):
    """Return the layer that a call describes."""
    if not isinstance(node, ast.Call):
        raise ValueError(f"line {node.lineno}: {_quote(node)} is not a layer")
    prefix, _, name = ast.unparse(node.func).rpartition(".")
    known = prefix in ("", "nn", "torch.nn") and name in (*LAYERS, *IN_ORDER, *FLATTENED)
    if not known and lenient:
        return layers.Identity()
    if not known:
        raise ValueError(f"line {node.lineno}: {_unknown(node, name)}")
    repeated = [key for key, n in Counter(each.arg for each in node.keywords).items() if n > 1]
    if repeated and repeated != [None]:
        raise ValueError(f"line {node.lineno}: {name}: {repeated[0]} is given twice")
    named = {each.arg: _value(each.value, each.arg) for each in node.keywords}
    if name not in LAYERS:
        parts = _layers(node.args, lenient)
        before = [layers.Flatten()] if name in FLATTENED else []
        return Sequential(*parts[:-1], *before, *parts[-1:], **named)
    blocks = name in BLOCKS
    arguments = _layers(node.args, lenient) if blocks else [_value(each) for each in node.args]
    return _made(name, arguments, named, node.lineno)


def _made(name, arguments, named, line):
    """Return a layer made with these arguments, or say in which line they do not do."""
    signature = inspect.signature(LAYERS[name])
    try:
        signature.bind(*arguments, **named)
    except TypeError as error:
        takes = ", ".join(signature.parameters)
        raise ValueError(f"line {line}: {name}: {error}; it takes {takes}") from None
    try:
        return LAYERS[name](*arguments, **named)
    except (TypeError, ValueError) as error:
        raise ValueError(f"line {line}: {name}: {error}") from None


def _unknown(node, name):
    """Return what is wrong with a module that is not known, and what would do."""
    if any(isinstance(each, ast.Call) for each in node.args):
        return (f"{_quote(node.func)} is a module with a forward of its own, and its parts do not "
                f"tell how it joins them: write them in order, inside Sequential(…), Add(…), "
                f"Multiply(…) or Concat(…), with Flatten() where it flattens")
    meant = _meant(name)
    hint = f"is it {' or '.join(meant)}?" if meant else f"there are {', '.join(sorted(LAYERS))}"
    return f"there is no layer {_quote(node.func)}: {hint}"


def _meant(name):
    """Return the layers that are written nearly so; PReLU is another layer than ReLU."""
    plain = {each: each.lower() for each in LAYERS}
    name = name.replace("_", "").lower()
    stems = {each: re.sub(r"\dd$", "", text) for each, text in plain.items()}
    return ([each for each, text in plain.items() if text == name]
            or [each for each, stem in stems.items() if stem == re.sub(r"\dd$", "", name)]
            or [each for each, text in plain.items() if text in
                difflib.get_close_matches(name, plain.values(), n=1, cutoff=0.9)])


def _value(node, name=""):
    """Return an argument that is written out."""
    if isinstance(node, ast.Name) and name in WORDS:
        return node.id
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
