"""One module for each shipped procedure: how every duty of it is met and missed, and ordinary courses through its machine.

A module is named like its definition file (``service_incident`` for ``service-incident.yaml``) and says:

* ``MET``: duty → a function that plays a case in which that duty is met; every duty of the procedure is there;
* ``MISSED``: duty → a function that plays a case in which it is missed or met late; every duty with a number is there;
* ``OPENER`` and ``COURSES``: who opens, and ordinary courses of (role, event, what else is said), a quarter of an hour apart, that
  together use every transition of the machine. ``other`` names the procedure of the other case that an event links to;
  ``DAY`` on which they are played, where the procedure is not in force on 2026-09-24.

``tests/unit/test_stories.py`` and ``tests/unit/test_transitions_matter.py`` play them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

from adapters.library import definition_files, shipped_definition
from tests.play import Play
from workflow.procedure.model import Procedure

Story = Callable[[], Play]
Step = tuple[str, str, dict[str, Any]]

OLDER = {"medical-dispute", "social-security-incident", "pipeline-incident-2010", "pipeline-incident-2017"}
"""Told duty by duty in test files of their own."""


def procedure_of(name: str) -> Procedure:
    """The procedure in the definition file of that name."""
    return shipped_definition(name).procedure


@cache
def stories() -> dict[str, ModuleType]:
    """Definition file → its story. A file without one fails here."""
    return {name: import_module(f"tests.stories.{name.replace('-', '_')}") for name in definition_files() if name not in OLDER}
