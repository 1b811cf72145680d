"""The matrix of a convolution against the convolution, the definition and what transposes it."""

import cases
import numpy as np
from cases import close, same
from hypothesis import given
from hypothesis import strategies as st

from convlib import functional, grad, reference
from convlib.matrix import conv_matrix


@given(st.sampled_from(cases.AXES), cases.numbers)
def test_conv_matrix(axes, numbers):
    case = cases.convolution(axes, numbers)
    conv, definition = (getattr(module, f"conv{axes}d") for module in (functional, reference))
    back, size = getattr(grad, f"conv{axes}d_input"), case.x.shape[-axes - 1 :]
    case = case._replace(x=numbers.normal(*size))
    case = case._replace(b=numbers.normal(*conv(case.x, case.w, **case.options).shape))
    options = case.options

    def matrix(w):
        return conv_matrix(w, cases.loose(size[1:]), **options)

    for compare, kinds in ((same, case.whole), (close, [np.float32]), (close, [np.float64])):
        x, w, y = case.operands(*kinds)
        C = matrix(w)
        assert C.shape == (y.size, x.size) and C.dtype == (np.int64 if kinds is case.whole
                                                           else kinds[0])
        compare((C @ x.ravel()).reshape(y.shape), conv(x, w, **options))
        compare((C.T @ y.ravel()).reshape(size), back(size, w, y, **options))
    compare((C @ x.ravel()).reshape(y.shape), definition(x, w, **options))
    # Stored is what joins an input and an output, once each: as a kernel of ones counts them.
    ones = definition(np.ones(size, int), np.ones(w.shape, int), **options)
    assert C.nnz == ones.sum() and C.has_canonical_format
    cases.adjoint(lambda x, w: matrix(w) @ x.ravel(), lambda y, w: matrix(w).T @ y,
                  case, case.b.ravel())


def test_the_transpose_is_the_transposed_convolution():
    rng = np.random.default_rng(0)
    w = rng.standard_normal((4, 3, 3, 2))
    options = dict(stride=(2, 3), padding=1, dilation=(1, 2), groups=2)
    C = conv_matrix(w, (8, 7), **options)
    y = functional.conv2d(rng.standard_normal((6, 8, 7)), w, **options)
    close((C.T @ y.ravel()).reshape(6, 8, 7),
          functional.conv_transpose2d(y, w, output_padding=(1, 0), **options))


def test_the_transpose_is_no_inverse():
    """A 3x3 kernel on a 4x4 image: the textbooks' example."""
    w = np.random.default_rng(0).standard_normal((1, 1, 3, 3))
    C = conv_matrix(w, 4)
    assert C.shape == (4, 16) and C.nnz == 4 * 9
    dense = C.toarray()
    assert np.linalg.matrix_rank(dense) == 4 == np.linalg.matrix_rank(dense.T @ dense)
    assert not np.allclose(dense.T @ dense, np.eye(16))
    # Each row is the kernel, laid where its window lies.
    for row, (r, c) in zip(dense.reshape(4, 4, 4), np.ndindex(2, 2), strict=True):
        np.testing.assert_array_equal(row[r : r + 3, c : c + 3], w[0, 0])
        assert np.count_nonzero(row) == 9
