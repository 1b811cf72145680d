"""Real data, from packages that carry it: nothing is downloaded."""


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
