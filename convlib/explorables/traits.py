"""Traits with limits: one description that Python checks and the page's script checks too.

``describe`` turns a trait into the small dictionary that travels to the page, where ``core.js``
holds values from the address bar to the same limits.
"""

import math

import traitlets


class Numbers(traitlets.TraitType):
    """A list of numbers, ``[1, 2, 3]``: bounded in length and values; whole if that is asked."""

    def __init__(self, default, *, size, value, whole=False, **kwargs):
        super().__init__(default, **kwargs)
        self.size, self.value, self.whole = size, value, whole

    def validate(self, obj, value):
        """Return the list as floats (whole ones as ints), or refuse it with the limits."""
        numbers = _numbers(self.name, value, self.size, self.value)
        if not self.whole:
            return numbers
        broken = [number for number in numbers if not number.is_integer()]
        if broken:
            raise traitlets.TraitError(f"{self.name} holds {broken[0]!r}: give whole numbers")
        return [int(number) for number in numbers]


class Grid(traitlets.TraitType):
    """A rectangle of numbers, ``[[1, 2], [3, 4]]``, with bounded sides and bounded values."""

    def __init__(self, default, *, rows, columns, value, **kwargs):
        super().__init__(default, **kwargs)
        self.rows, self.columns, self.value = rows, columns, value

    def validate(self, obj, value):
        """Return the rows as lists of floats, or refuse them with the limits."""
        rows = _list(self.name, value)
        _check_size(f"{self.name} (rows)", rows, self.rows)
        rows = [_numbers(f"{self.name}[{i}]", row, self.columns, self.value)
                for i, row in enumerate(rows)]
        widths = {len(row) for row in rows}
        if len(widths) > 1:
            raise traitlets.TraitError(
                f"{self.name} must be a rectangle: its rows have {sorted(widths)} numbers"
            )
        return rows


def whole(default, low, high):
    """Return the trait of a whole number that a link carries."""
    return traitlets.Int(default, min=low, max=high).tag(sync=True, state=True)


def rectangle(default, sides, largest):
    """Return the trait of a rectangle that a link carries, with sides and numbers within limits."""
    return Grid(default, rows=sides, columns=sides, value=(-largest, largest)).tag(
        sync=True, state=True)


def filled(values, count):
    """Return as many values as are asked for: the last one stands for those behind it."""
    return tuple(values[min(place, len(values) - 1)] for place in range(count))


def _list(name, value):
    value = value.tolist() if hasattr(value, "tolist") else value
    if not isinstance(value, (list, tuple)):
        raise traitlets.TraitError(f"{name} must be a list or an array, not {value!r}")
    return list(value)


def _check_size(name, values, size):
    if not size[0] <= len(values) <= size[1]:
        raise traitlets.TraitError(
            f"{name} has length {len(values)}: give from {size[0]} to {size[1]}"
        )


def _numbers(name, values, size, limits):
    values = _list(name, values)
    _check_size(name, values, size)
    for value in values:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise traitlets.TraitError(f"{name} holds {value!r}: give numbers only")
        if not (math.isfinite(value) and limits[0] <= value <= limits[1]):
            raise traitlets.TraitError(
                f"{name} holds {value!r}: give numbers from {limits[0]} to {limits[1]}"
            )
    return [float(value) for value in values]


def describe(trait):
    """Return what the page needs to know of a trait: its type and its limits."""
    match trait:
        case Grid():
            return {"type": "grid", "rows": trait.rows, "columns": trait.columns,
                    "value": trait.value}
        case Numbers():
            return {"type": "numbers", "size": trait.size, "value": trait.value,
                    "whole": trait.whole}
        case traitlets.Bool():
            return {"type": "bool"}
        case traitlets.Enum():
            return {"type": "choice", "choices": list(trait.values)}
        case traitlets.Int():
            return {"type": "int", "min": trait.min, "max": trait.max}
        case traitlets.Float():
            return {"type": "float", "min": trait.min, "max": trait.max}
    raise TypeError(f"trait {trait.name!r} of type {type(trait).__name__} has no description")
