"""Convolutions whose channels are divided: grouped, pointwise grouped, shuffled, flattened."""

import numpy as np

from convlib import _check as check
from convlib import functional
from convlib.separable import split_window


def block_diagonal_weight(weight, groups):
    """Return the dense weight with which an ungrouped convolution does what a grouped one does.

    Its blocks on the diagonal are the groups' kernels; the zeros around them are the products that
    grouping saves: all but 1/groups.

    Parameters
    ----------
    weight : array_like, shape (C_out, C_in/groups, …)
        Kernels of a grouped convolution, with any number of spatial axes.
    groups : int
        It divides C_out.

    Returns
    -------
    ndarray, shape (C_out, C_in, …)
        A new array of the weight's dtype.

    Raises
    ------
    TypeError, ValueError
        If groups do not divide C_out, or the weight has no channel axes.

    Examples
    --------
    >>> block_diagonal_weight(np.arange(1, 9).reshape(4, 2, 1), 2)[..., 0]
    array([[1, 2, 0, 0],
           [3, 4, 0, 0],
           [0, 0, 5, 6],
           [0, 0, 7, 8]])

    References
    ----------
    Krizhevsky, Sutskever and Hinton (2012), NeurIPS 25, section 3.2.
    Xie et al. (2017), ResNeXt, arXiv:1611.05431, section 3.3.
    """
    w = check.numbers("weight", weight)
    if w.ndim < 2:
        raise ValueError(f"weight has shape {w.shape}: it needs (C_out, C_in/groups, kernel…)")
    groups = check.divided(groups, C_out=w.shape[0])
    per, depth = w.shape[0] // groups, w.shape[1]
    dense_shape = w.shape[0], groups * depth, *w.shape[2:]
    check.affordable("the result", dense_shape, "use fewer groups: weight times groups", w.dtype)
    dense = np.zeros((groups, per, groups, depth, *w.shape[2:]), w.dtype)
    each = np.arange(groups)
    dense[each, :, each] = w.reshape(groups, per, *w.shape[1:])
    return dense.reshape(dense_shape)


def pointwise_grouped_conv2d(input, weight, bias=None, *, stride=1, groups=1):
    r"""Mix the channels of each position, group by group: ShuffleNet's 1x1 convolution.

    .. math:: y[n, o, r, c] = b[o] + \sum_m w[o, m, 0, 0]\, x[n, m', s_y r, s_x c]

    Parameters
    ----------
    input : array_like, shape (N, C_in, H, W) or (C_in, H, W)
        Images.
    weight : array_like, shape (C_out, C_in/groups, 1, 1)
        What each output channel takes of the channels of its group.
    bias, stride, groups
        As in `functional.conv2d`.

    Returns
    -------
    ndarray, shape (N, C_out, H_out, W_out) or (C_out, H_out, W_out)
        No output channel has seen another group: see `channel_shuffle`.

    Raises
    ------
    TypeError, ValueError
        As in `functional.conv2d`, and if the kernel is not 1x1.

    Examples
    --------
    >>> x = np.array([1, 2, 3, 4]).reshape(4, 1, 1)
    >>> pointwise_grouped_conv2d(x, np.ones((2, 2, 1, 1), int), groups=2).ravel()
    array([3, 7])

    References
    ----------
    Zhang et al. (2018), ShuffleNet, arXiv:1707.01083, section 3.1.
    """
    w = check.numbers("weight", weight)
    if w.ndim != 4 or w.shape[2:] != (1, 1):
        raise ValueError(f"weight has shape {w.shape}: it must be (C_out, C_in/groups, 1, 1)")
    return functional.conv2d(input, w, bias, stride=stride, groups=groups)


def channel_shuffle(input, groups):
    r"""Deal out the channels of each group to all groups, as cards are dealt.

    .. math:: y[n, q g + p] = x[n, p\, C/g + q], \quad p = 0, …, g - 1, \; q = 0, …, C/g - 1

    Shuffling by C/groups undoes it.

    Parameters
    ----------
    input : array_like, shape (N, C, …)
        Maps of any spatial rank; the batch axis is needed, as in PyTorch.
    groups : int
        g; it divides C.

    Returns
    -------
    ndarray, shape (N, C, …)
        A new array of the input's dtype.

    Raises
    ------
    TypeError, ValueError
        If groups do not divide C, or the input has fewer than three axes.

    Examples
    --------
    >>> channel_shuffle(np.arange(6).reshape(1, 6, 1), 2).ravel()
    array([0, 3, 1, 4, 2, 5])

    References
    ----------
    Zhang et al. (2018), ShuffleNet, arXiv:1707.01083, section 3.1, figure 1.
    """
    x = check.numbers("input", input)
    if x.ndim < 3:
        raise ValueError(f"input has shape {x.shape}: it needs (N, C, …), three axes or more")
    groups = check.divided(groups, C=x.shape[1])
    check.affordable("the result", x.shape, "input", x.dtype)
    n, channels, *sizes = x.shape
    cards = x.reshape(n, groups, channels // groups, *sizes).swapaxes(1, 2)
    return cards.copy().reshape(x.shape)


def flattened_conv2d(input, lateral, vertical, horizontal, bias=None, *, stride=1, padding=0,
                     dilation=1):
    r"""Convolve by kernels that are a product of three lines: across channels, down, and along.

    .. math:: w[o, m, i, j] = \alpha[o, m]\, \beta[o, i]\, \gamma[o, j]

    It is `functional.conv2d` with this weight, computed as three one-dimensional convolutions.

    Parameters
    ----------
    input : array_like, shape (N, C_in, H, W) or (C_in, H, W)
        Images.
    lateral : array_like, shape (C_out, C_in)
        :math:`\alpha`: what each output channel takes of each input channel.
    vertical, horizontal : array_like, shapes (C_out, kH) and (C_out, kW)
        :math:`\beta` and :math:`\gamma`, one line an output channel.
    bias : array_like, shape (C_out,), optional
        Added to the result. (The paper adds one after each of the three.)
    stride, padding, dilation
        As in `functional.conv2d`.

    Returns
    -------
    ndarray, shape (N, C_out, H_out, W_out) or (C_out, H_out, W_out)

    Raises
    ------
    TypeError, ValueError
        As in `functional.conv2d`, and if the three have not the same C_out.

    Examples
    --------
    >>> x = np.arange(18).reshape(2, 3, 3)
    >>> flattened_conv2d(x, [[1, -1]], [[1, 1]], [[1, 0]])
    array([[[-18, -18],
            [-18, -18]]])

    References
    ----------
    Jin, Dundar and Culurciello (2014), arXiv:1412.5474, section 3.
    """
    x = check.images("input", input)
    lines = dict(lateral=lateral, vertical=vertical, horizontal=horizontal)
    lines = {name: check.numbers(name, line) for name, line in lines.items()}
    outs = lines["lateral"].shape[:1]
    for name, line in lines.items():
        if line.ndim != 2 or line.shape[:1] != outs or line.size == 0:
            raise ValueError(f"{name} has shape {line.shape}: it needs (C_out, length), with one "
                             f"C_out for lateral, vertical and horizontal")
    alpha, beta, gamma = lines.values()
    if alpha.shape[1] != x.shape[-3]:
        raise ValueError(f"lateral has shape {alpha.shape}: its second axis must be "
                         f"C_in={x.shape[-3]} for input {x.shape}")
    down, along = split_window(x.shape[-2:], (beta.shape[1], gamma.shape[1]),
                               ("vertical", "horizontal"), stride, padding, dilation)
    maps = functional.conv2d(x, alpha[:, :, None, None])
    maps = functional.conv2d(maps, beta[:, None, :, None], groups=len(beta), **down)
    return functional.conv2d(maps, gamma[:, None, None, :], bias, groups=len(gamma), **along)
