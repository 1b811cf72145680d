"""Real data, from packages that carry it: nothing is downloaded."""

from pathlib import Path

import numpy as np

from convlib import _check as check

PHOTOS = ("astronaut", "brick", "camera", "chelsea", "coffee", "coins")


def ecg():
    """Return a real electrocardiogram.

    Returns
    -------
    ndarray, shape (1024,), float64
        The recording that PyWavelets carries (``pywt.data.ecg``), in the recorder's own units; the
        package does not state the sampling rate, so the time axis is in samples.

    Examples
    --------
    >>> ecg().shape
    (1024,)
    """
    import pywt.data

    return pywt.data.ecg().astype(float)


def photo(name="camera"):
    """Return a real photograph that scikit-image carries.

    Parameters
    ----------
    name : {'astronaut', 'brick', 'camera', 'chelsea', 'coffee', 'coins'}
        ``astronaut`` (colour; Eileen Collins, NASA, public domain), ``brick`` (grey; CC0
        Textures), ``camera`` (grey; Lav Varshney, CC0), ``chelsea`` (colour, a cat; Stefan van der
        Walt, CC0), ``coffee`` (colour; Rachel Michetti, CC0), ``coins`` (grey; Brooklyn Museum, no
        known copyright restrictions).

    Returns
    -------
    ndarray, shape (H, W) or (3, H, W), float64
        Brightness from 0 to 1; colour as red, green and blue channels.

    Raises
    ------
    ValueError
        If there is no such photograph.

    Examples
    --------
    >>> photo("camera").shape, photo("chelsea").shape
    ((512, 512), (3, 300, 451))
    """
    import skimage.data

    if not check.among(name, PHOTOS):
        raise ValueError(f"name={name!r} is not a photograph: choose from {', '.join(PHOTOS)}")
    picture = getattr(skimage.data, name)() / 255
    return picture if picture.ndim == 2 else np.moveaxis(picture, -1, 0)


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
    with np.load(Path(__file__).with_name("weights") / "pnet.npz") as weights:
        return dict(weights)
