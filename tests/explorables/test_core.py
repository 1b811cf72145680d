"""The explorables' mathematics against convlib: cases written by Python, computed in a browser."""

import itertools

import numpy as np
import pytest
import scipy.ndimage
from skimage.color import rgb2gray
from stack_cases import stack_cases

from convlib import functional, shapes, signal
        for make in (signal_cases, window_cases, image_cases, layer_cases, volume_cases))
