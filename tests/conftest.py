"""Settings shared by all tests."""

import os

# Thousands of small products: threads of BLAS would wait for each other, most of all in parallel.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from hypothesis import settings  # noqa: E402

settings.register_profile("book", max_examples=300, deadline=None, derandomize=True)
settings.load_profile("book")
