"""Real data, from packages that carry it: nothing is downloaded."""

import numpy as np

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

    if name not in PHOTOS:
        raise ValueError(f"name={name!r} is not a photograph: choose from {', '.join(PHOTOS)}")
    picture = getattr(skimage.data, name)() / 255
    return picture if picture.ndim == 2 else np.moveaxis(picture, -1, 0)
