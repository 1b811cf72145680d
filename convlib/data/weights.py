"""Weights of trained networks, as plain arrays, each with a card that tells where it is from."""

import json
from pathlib import Path

import numpy as np

from convlib import _check as check

_FOLDER = Path(__file__).parents[1] / "weights"
TRAINED = tuple(sorted(path.stem for path in _FOLDER.glob("*.npz")))


def trained(name):
    """Return the weights of a trained network, or of those of its layers that the book uses.

    Parameters
    ----------
    name : str
        ``pnet``, ``onet``
            First and third network of the face detector MTCNN (2016). O-Net without its dense
            layers.
        ``selfie_segmentation``
            A person against the background, on (3, 256, 256): separable and transposed layers.
        ``face_detection``
            BlazeFace (2019), on (3, 128, 128): separable layers.
        ``efficientnet_lite0``, ``ppocr_angle``
            The depthwise kernels alone, in the network's order: of a classifier of ImageNet, and
            of one that tells whether a line of text stands upside down.
        ``mnist_separable``, ``mnist_standard``
            Classifiers that this book trained; `nn.trained` returns them as models.
        ``tissue_slices``, ``tissue_volume``, ``tissue_wide``
            Tissue of a brain, voxel by voxel, by kernels of two axes or three; models as well.
        ``lab_relu``, ``lab_linear``
            Colours turned into L*a*b*, by 1x1 convolutions; models as well.
        ``checkerboard_…``, ``dcgan``, ``family_…``, ``fcn_…``, ``sparse_…``
            Autoencoders, a generator and more that this book trained: see `nn.trained`.
        ``mosaic_…``, ``ecg_forecast_…``, ``bytenet_…``
            Dilated networks, and the same ones at rate 1; models as well.

    Returns
    -------
    dict of str to ndarray, float32
        Names as in PyTorch: ``conv1.weight`` (C_out, C_in / groups, kH, kW), ``conv1.bias``, ...

    Raises
    ------
    ValueError
        If there are no such weights.

    See Also
    --------
    card : source, licence, and what the network computes.

    Examples
    --------
    >>> trained("pnet")["conv1.weight"].shape
    (10, 3, 3, 3)
    """
    with np.load(_file(name, ".npz")) as weights:
        return {key: array.astype(np.float32) for key, array in weights.items()}


def card(name):
    """Return what is known of trained weights.

    Parameters
    ----------
    name : str
        One of ``TRAINED``; see `trained`.

    Returns
    -------
    dict
        ``title``, ``credit``, ``licence`` (SPDX), ``package`` with ``version``, the ``file`` in it
        with its ``sha256``, the ``script`` that took the arrays out; ``steps`` where the whole
        network is there: `convlib.graph.run` runs them.

    Raises
    ------
    ValueError
        If there are no such weights.

    Examples
    --------
    >>> card("pnet")["licence"], card("pnet")["package"]
    ('MIT', 'facenet-pytorch')
    """
    return json.loads(_file(name, ".json").read_text(encoding="utf-8"))


def pnet():
    """Return the trained weights of P-Net, the small first network of the face detector MTCNN.

    Its layers, for an input (3, H, W) of red, green and blue from -1 to 1, all without padding:
    conv1 3x3, PReLU, max-pooling 2x2 (stride 2), conv2 3x3, PReLU, conv3 3x3, PReLU, then two 1x1
    convolutions side by side: conv4_1 (not a face, a face; softmax) and conv4_2 (the box). An
    output position looks at 12 x 12 pixels, and the next one at those 2 pixels further.

    Returns
    -------
    dict of str to ndarray, float32
        ``conv1.weight`` (10, 3, 3, 3), ``conv2.weight`` (16, 10, 3, 3), ``conv3.weight``
        (32, 16, 3, 3), ``conv4_1.weight`` (2, 32, 1, 1), ``conv4_2.weight`` (4, 32, 1, 1); a
        ``.bias`` for each; ``prelu1.weight`` (10,), ``prelu2.weight`` (16,), ``prelu3.weight``
        (32,): the slopes below 0.

    Notes
    -----
    The weights come from facenet-pytorch 2.6.0 (Timothy Esler, MIT licence; beside the file).

    References
    ----------
    Zhang, Zhang, Li and Qiao (2016), arXiv:1604.02878, figure 2.

    Examples
    --------
    >>> pnet()["conv1.weight"].shape
    (10, 3, 3, 3)
    """
    return trained("pnet")


def onet():
    """Return the trained layers of O-Net, the last network of the face detector MTCNN.

    For an input (3, 48, 48) of red, green and blue from -1 to 1, all without padding: conv1 3x3,
    PReLU, max-pooling 3x3 (stride 2, its last window may hang over the edge), conv2 3x3, PReLU,
    the same pooling, conv3 3x3, PReLU, max-pooling 2x2 (stride 2), conv4 2x2, PReLU. The dense
    layers that follow are left out.

    Returns
    -------
    dict of str to ndarray, float32
        ``conv1.weight`` (32, 3, 3, 3), ``conv2.weight`` (64, 32, 3, 3), ``conv3.weight``
        (64, 64, 3, 3), ``conv4.weight`` (128, 64, 2, 2); a ``.bias`` and a ``prelu1.weight`` ...
        for each. Rounded to float16.

    Notes
    -----
    The weights come from facenet-pytorch 2.6.0 (Timothy Esler, MIT licence; beside the file).

    References
    ----------
    Zhang, Zhang, Li and Qiao (2016), arXiv:1604.02878, figure 2.

    Examples
    --------
    >>> onet()["conv4.weight"].shape
    (128, 64, 2, 2)
    """
    return trained("onet")


def _file(name, suffix):
    """Return the path of a network's file, or say which networks there are."""
    if not check.among(name, TRAINED):
        raise ValueError(f"name={name!r} has no weights here: choose from {', '.join(TRAINED)}")
    return (_FOLDER / name).with_suffix(suffix)
