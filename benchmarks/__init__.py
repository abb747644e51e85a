"""Benchmarks: ratios side by side in one run, because absolute times drift with the machine."""
