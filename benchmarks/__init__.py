"""Measurements beside the peers: ``python -m benchmarks [NAME ...] [--quick] [--write]``. Not part of the wheel."""
