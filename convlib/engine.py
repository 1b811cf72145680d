"""An independent engine to compare with: onnxruntime, one operator at a time.

Where onnx or onnxruntime is not installed (in the browser, say), `compare` says so in one line and
goes on; only `run` and `prepare` need it.
"""

from functools import cache
from importlib.util import find_spec

import numpy as np

from convlib import i18n

TOLERANCE = 1e-4  # of the largest value: float32 keeps seven digits, and sums lose some of them
FINEST = 1e-5  # no smaller difference is told: below it, it is another on each machine


def available():
    """Return whether the engine is installed.

    Examples
    --------
    >>> available()
    True
    """
    return all(find_spec(name) for name in ("onnx", "onnxruntime"))


def compare(operator, y, *inputs, tolerance=TOLERANCE, **attributes):
    r"""Compare a result with the engine's, and print one line, in the reader's language.

    Parameters
    ----------
    operator : str
        An operator of ONNX, such as ``'Conv'``, ``'ConvTranspose'``, ``'MaxPool'``.
    y : ndarray
        The result to check: the operator's first output.
    *inputs : ndarray or None
        The operator's inputs in order; None leaves one out. Those of real numbers are passed in
        float32. For Conv and ConvTranspose, x and y may lack the batch axis.
    tolerance : float
        The largest difference that still passes, as a part of the engine's largest absolute value.
    **attributes
        The operator's attributes, such as ``strides=[2, 2]``, ``pads=[1, 1, 1, 1]`` (before all
        axes, then after), ``dilations``, ``group``.

    Raises
    ------
    AssertionError
        If the shapes differ, or a difference is larger than the tolerance.

    Notes
    -----
    What is printed is the difference :math:`\max |y - y'| / \max |y'|`, rounded up to a power of
    ten, and 1e-05 if it is smaller, as in float32 it almost always is: so that every machine,
    whatever the order in which it sums, prints the same line.

    References
    ----------
    ONNX Operators, opset 22, https://onnx.ai/onnx/operators/.

    Examples
    --------
    >>> from convlib import functional
    >>> x, w = np.eye(8, dtype="f4").reshape(1, 8, 8), np.ones((1, 1, 3, 3), "f4")
    >>> compare("Conv", functional.conv2d(x, w, stride=2), x, w, strides=[2, 2])
    onnxruntime agrees: largest difference below 1e-05 of the largest value
    """
    if not available():
        print(i18n.t("engine.absent"))
        return
    inputs = [_narrow(array) for array in inputs]
    bare = operator in ("Conv", "ConvTranspose") and inputs[0].ndim == inputs[1].ndim - 1
    if bare:
        inputs[0] = inputs[0][None]
    theirs = run(operator, inputs, **attributes)[0]
    theirs = theirs[0] if bare else theirs
    if np.shape(y) != theirs.shape:
        raise AssertionError(f"y has the shape {np.shape(y)}, {operator} of onnxruntime gives "
                             f"{theirs.shape}: compare strides, pads and dilations")
    scale = np.abs(theirs).max(initial=0) or 1
    difference = np.abs(np.asarray(y) - theirs).max(initial=0) / scale
    if not difference <= tolerance:
        raise AssertionError(f"y differs from {operator} of onnxruntime by {difference:.1e} of the "
                             f"largest value, more than tolerance={tolerance:.0e}")
    bound = 10.0 ** np.ceil(np.log10(max(difference, FINEST)))
    print(i18n.t("engine.agrees", difference=f"{bound:.0e}"))


def run(operator, inputs, outputs=1, **attributes):
    """Return an operator's outputs.

    Parameters
    ----------
    operator : str
        An operator of ONNX.
    inputs : sequence of ndarray or None
        Its inputs in order, in dtypes that it takes; None leaves one out.
    outputs : int
        How many of its outputs to return.
    **attributes
        Its attributes.

    Returns
    -------
    list of ndarray
        The outputs, in order.

    Raises
    ------
    ModuleNotFoundError
        If onnx or onnxruntime is not installed.

    Examples
    --------
    >>> y, = run("MaxPool", [np.eye(4, dtype="f4").reshape(1, 1, 4, 4)], kernel_shape=[2, 2])
    >>> y.shape
    (1, 1, 3, 3)
    """
    return prepare(operator, inputs, outputs, **attributes)()


def prepare(operator, inputs, outputs=1, *, optimize=False, **attributes):
    """Return a function that runs an operator on given inputs: what is to be timed, and no more.

    Parameters
    ----------
    operator, inputs, outputs, **attributes
        As those of `run`.
    optimize : bool
        Whether the engine may look for a layout in memory that suits it. An operator alone gains
        little by that if it runs once, and the search takes longer than the run.

    Returns
    -------
    callable
        Without arguments; it runs on one core and returns the list of outputs.

    Raises
    ------
    ModuleNotFoundError
        If onnx or onnxruntime is not installed.

    Examples
    --------
    >>> relu = prepare("Relu", [np.array([-1, 2], "f4")])
    >>> relu()
    [array([0., 2.], dtype=float32)]
    """
    import onnxruntime
    from onnx import helper

    names = ["" if array is None else f"in{i}" for i, array in enumerate(inputs)]
    outs = [f"out{i}" for i in range(outputs)]
    feed = {name: np.ascontiguousarray(array)
            for name, array in zip(names, inputs, strict=True) if name}
    graph = helper.make_graph(
        [helper.make_node(operator, names, outs, **attributes)], "g",
        [helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(a.dtype), a.shape)
         for name, a in feed.items()],
        [helper.make_empty_tensor_value_info(name) for name in outs],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)], ir_version=10)
    session = onnxruntime.InferenceSession(model.SerializeToString(), _options(optimize))
    return lambda: session.run(None, feed)


@cache
def _options(optimize):
    """Return the settings of a session on one core."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    if not optimize:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return options


def _narrow(array):
    """Return real numbers in float32, which every operator takes; anything else as it is."""
    if array is None or np.asarray(array).dtype.kind != "f":
        return array
    return np.asarray(array, dtype=np.float32)
