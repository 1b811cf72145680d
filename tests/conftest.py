"""Settings shared by all tests."""

import os

# Thousands of small products: threads of BLAS would wait for each other, most of all in parallel.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from hypothesis import settings  # noqa: E402

# The gate draws the same cases each time; `make fuzz` looks for new ones. No test sets its own
# number, which would hold in both.
settings.register_profile("ci", max_examples=150, deadline=None, derandomize=True)
settings.register_profile("fuzz", max_examples=10_000, deadline=None, derandomize=False)
settings.load_profile("ci")
