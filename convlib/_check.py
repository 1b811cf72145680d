"""What the operations ask of their arguments, and what they say where it is not so."""

import os
from math import prod
from numbers import Integral

import numpy as np

LIMIT = 2**43  # bytes: no machine of a reader has more
AXES = {1: "L", 2: "HW", 3: "DHW"}


def _memory():
    """Return this machine's memory in bytes or, where the system does not tell, LIMIT's."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return LIMIT


MEMORY = _memory()

# A decorator: infinity times 0 and infinity less infinity are NaN, what is too large for its type
# is infinity, and each needs no warning: it shows.
quiet = np.errstate(invalid="ignore", over="ignore")


def integers(name, value, axes, least):
    """Return one whole number per axis from a number or a sequence of numbers."""
    if isinstance(value, np.ndarray) and value.ndim:
        raise TypeError(f"{name} is an array, {value.tolist()}: give a tuple of numbers (int)")
    values = tuple(value) if isinstance(value, (tuple, list)) else (value,) * axes
    if len(values) != axes:
        raise ValueError(f"{name}={value!r} has {len(values)} numbers: give one, or {axes}")
    for each in values:
        if type(each) is not int and not is_integer(each):
            raise TypeError(f"{name}={value!r} must be made of whole numbers (int)")
        if each < least:
            where = " in every axis" if axes > 1 else ""
            raise ValueError(f"{name}={value!r} must be at least {least}{where}")
    return tuple(map(int, values))


def is_integer(value):
    """Return whether a value is a whole number; True and False are none."""
    return isinstance(value, Integral) and not isinstance(value, (bool, np.bool_))


def counts(least=1, **values):
    """Return single whole numbers, each checked under its name."""
    return [integers(name, value, 1, least)[0] for name, value in values.items()]


def sizes(name, value, least=1):
    """Return a shape from a tuple or a list of whole numbers."""
    if not isinstance(value, (tuple, list)) or not value:
        raise TypeError(f"{name}={value!r} must be a tuple of whole numbers")
    return integers(name, value, len(value), least)


def kernel(name, value):
    """Return the sizes of a kernel, one to three of them."""
    found = sizes(name, value)
    if len(found) not in AXES:
        raise ValueError(f"{name}={value!r} has {len(found)} axes: give one to three")
    return found


def number(name, value):
    """Return one real number as Python has it; it can be NaN or infinite."""
    array = numbers(name, value)
    if array.ndim:
        raise ValueError(f"{name}={value!r} must be one number")
    if array.dtype.kind == "b":
        raise TypeError(f"{name}={value!r} must be a number (int or float)")
    return array.item()


def flag(name, value):
    """Return True or False, and take nothing else for it."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name}={value!r} must be True or False")
    return bool(value)


def dtype_of(name, value):
    """Return the dtype of numbers that goes by a name or a type."""
    try:
        dtype = np.dtype(value) if isinstance(value, (str, type, np.dtype)) else None
    except TypeError:
        dtype = None
    if dtype is None or dtype.kind not in "biufc":
        raise TypeError(f"{name}={value!r} is no dtype of numbers: give one such as numpy.float32")
    return dtype


def made_of(name, values, kind):
    """Return a list of things of one kind, from anything that can be gone through."""
    try:
        values = list(values)
    except TypeError:
        raise TypeError(f"{name}={values!r} must be a sequence of {kind.__name__}") from None
    for each in values:
        if not isinstance(each, kind):
            raise TypeError(f"{name} holds {each!r}: it must be made of {kind.__name__}")
    return values


def among(value, choices):
    """Return whether a value is one of some; True and 1 are two."""
    return any(type(value) is type(each) and value == each for each in choices)


def affordable(what, shape, cause, dtype):
    """Refuse an array that this machine cannot hold, before memory is taken."""
    size = prod(max(side, 1) for side in shape) * dtype.itemsize  # one image's, if none is there
    if size > MEMORY:
        raise ValueError(
            f"{what} would have shape {tuple(shape)}, {size / 2**30:.3g} GiB of {dtype}: {cause} "
            f"too large for the {MEMORY / 2**30:.3g} GiB of this machine"
        )


def cast(name, array, dtype):
    """Return an array in a dtype: itself where it has it, else a copy that memory can hold."""
    if array.dtype != dtype:
        affordable(name, array.shape, name, dtype)
    return array.astype(dtype, copy=False)


def images(name, value, batch=False):
    """Return an array of numbers, (N, C, H, W) or (C, H, W) unless it needs the batch axis."""
    array = numbers(name, value)
    if array.ndim != 4 and (batch or array.ndim != 3):
        raise ValueError(f"{name} has shape {array.shape}: it needs (N, C, H, W)"
                         f"{'' if batch else ' or (C, H, W)'}")
    if 0 in array.shape[-3:]:
        raise ValueError(f"{name} has shape {array.shape}: only the batch may be empty")
    return array


def divided(groups, **channels):
    """Return the number of groups, which divides these numbers of channels."""
    (groups,) = counts(groups=groups)
    for name, count in channels.items():
        if count % groups:
            raise ValueError(
                f"groups={groups} must divide {name}={count}: use one of {divisors(count)}")
    return groups


def signals(**arrays):
    """Return arrays of numbers, none empty, all signals or all images."""
    arrays = {name: numbers(name, value) for name, value in arrays.items()}
    shapes = " and ".join(f"{name} has shape {array.shape}" for name, array in arrays.items())
    if {array.ndim for array in arrays.values()} not in ({1}, {2}):
        raise ValueError(f"{shapes}: give one axis or two, the same everywhere")
    if any(array.size == 0 for array in arrays.values()):
        raise ValueError(f"{shapes}: none may be empty")
    return arrays.values()


def batch_of_images(name, value):
    """Return images with a batch axis, and whether they had it."""
    array = images(name, value)
    return (array, True) if array.ndim == 4 else (array[None], False)


def same_shape(name, array, shape, **given):
    """Refuse an array that has not the shape to which other arguments lead."""
    if array.shape != shape:
        given = ", ".join(f"{key}={value}" for key, value in given.items())
        raise ValueError(f"{name} has shape {array.shape}: it must be {shape} for {given}")


def divisors(channels):
    """Return the numbers of groups that would do, as text: the first of them, where it is long."""
    listed = [str(g) for g in range(1, min(channels, 1024) + 1) if channels % g == 0]
    return ", ".join(listed + ["…"] * (channels > 1024))


def numbers(name, value):
    """Return an array of numbers; refuse text, objects, ragged lists and masks."""
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"{name} is a masked array, and its mask would be lost: give "
                        f"{name}.filled(0), or whatever stands for what is missing")
    try:
        array = np.asarray(value)
    except ValueError:
        raise ValueError(f"{name} is ragged: its rows must have the same length") from None
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} has dtype {array.dtype}: give real numbers (int or float)")
    return array


def float_type(*arrays):
    """Return the type in which arrays are computed where whole numbers do not stay whole."""
    dtype = np.result_type(*arrays)
    return dtype if dtype.kind == "f" else np.dtype(np.float64)


def sum_type(*arrays):
    """Return the type in which arrays are summed: whole numbers stay exact (modulo 2**64)."""
    floats = [array for array in arrays if array.dtype.kind == "f"]
    # uint64 with int64 would be float64 to NumPy.
    return np.result_type(*arrays) if floats else np.dtype(np.int64)
