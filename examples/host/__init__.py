"""A small host program: a complaints desk that keeps its own table and lets duban watch the deadlines.

The desk has its own ``complaint`` and ``notice`` tables. A complaint and its duban case are written in *one* transaction of the desk's own
database: both are there afterwards, or neither. Run ``python -m examples.host`` to see it work.
"""

from __future__ import annotations

from examples.host.desk import Complaint, Desk, Notice

__all__ = ["Complaint", "Desk", "Notice"]
