"""Settings shared by all tests."""

from hypothesis import settings

settings.register_profile("book", max_examples=300, deadline=None, derandomize=True)
settings.load_profile("book")
