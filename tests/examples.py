"""How many examples a run asks of each property: fourteen of most, in proportion where one costs more or less; a campaign asks for more."""

from __future__ import annotations

import os

from hypothesis import settings

ASKED = int(os.environ.get("DUBAN_EXAMPLES", "14"))
"""Of most properties."""


def examples(of_thirty: int) -> settings:
    """So many where thirty are asked of most."""
    return settings(max_examples=max(1, of_thirty * ASKED // 30))
