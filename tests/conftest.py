"""Profiles of the property tests: `make test` runs the same examples every time, `make fuzz` new ones."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("seeded", derandomize=True, deadline=None, max_examples=50, database=None)
settings.register_profile("fuzz", derandomize=False, deadline=None, max_examples=400, print_blob=True)
settings.load_profile("seeded")
