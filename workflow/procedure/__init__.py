"""Procedures declared as data."""
