"""Heartbeats and speech."""

from pathlib import Path

import numpy as np

from convlib.data import _package

LEADS = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")


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


def ecg12():
    """Return ten seconds of a real electrocardiogram with its twelve leads.

    Returns
    -------
    ndarray, shape (12, 10000), float64
        Microvolts, 1,000 samples a second, in steps of 1.25; the order is that of ``LEADS``. III is
        II - I in each sample; aVF, (II + III) / 2, is off by up to half a step.

    Raises
    ------
    ModuleNotFoundError
        If pydicom, which carries it, is not installed.

    Notes
    -----
    The rhythm strip of the test file ``waveform_ecg.dcm`` of pydicom (MIT), read from the package.
    Only the samples are returned.

    Examples
    --------
    >>> leads = dict(zip(LEADS, ecg12()))
    >>> bool(np.all(leads["III"] == leads["II"] - leads["I"]))
    True
    """
    pydicom = _package.load("pydicom")
    file = _package.folder("pydicom") / "data" / "test_files" / "waveform_ecg.dcm"
    return pydicom.dcmread(file).waveform_array(0).T.copy()


def speech():
    """Return four seconds of speech: one sentence, read aloud.

    Returns
    -------
    ndarray, shape (64000,), float32
        Sound pressure relative to the largest that 16 bits hold, from -1 to 1; 16,000 samples a
        second.

    Notes
    -----
    Sentence a0007 of CMU ARCTIC, speaker AWB, as pysptk 1.0.1 ships it. Copyright (c) 2003
    Carnegie Mellon University; free for any purpose, with the notice that stands beside the copy.

    References
    ----------
    Kominek and Black (2003), CMU ARCTIC databases for speech synthesis, CMU-LTI-03-177.

    Examples
    --------
    >>> speech().shape, speech().dtype
    ((64000,), dtype('float32'))
    """
    with np.load(Path(__file__).with_name("samples") / "speech.npz") as arrays:
        return arrays["samples"] / np.float32(32768)
