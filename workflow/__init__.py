"""duban: incident-handling procedures whose deadlines are law, as an embeddable engine.

The public API is what this module names; everything else may change.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workflow.calendar import Calendar
    from workflow.case.fold import Case
    from workflow.command import (
        Confirm,
        Correct,
        Decide,
        Dismiss,
        Do,
        Erase,
        Extend,
        Hold,
        Note,
        Open,
        Receipt,
        Record,
        Release,
        Reopen,
        Revise,
        Said,
        SameAs,
        Void,
        Waive,
        Withdraw,
    )
    from workflow.engine import Engine, Forecast, Result
    from workflow.errors import DubanError
    from workflow.moment import Moment
    from workflow.obligation.row import Outcome, Row
    from workflow.organisation import Actor, Organisation
    from workflow.procedure.load import Definition, load
    from workflow.text import Text

_HOME = {
    "Calendar": "calendar",
    "Case": "case.fold",
    "Engine": "engine",
    "Forecast": "engine",
    "Result": "engine",
    "DubanError": "errors",
    "Moment": "moment",
    "Outcome": "obligation.row",
    "Row": "obligation.row",
    "Actor": "organisation",
    "Organisation": "organisation",
    "Definition": "procedure.load",
    "load": "procedure.load",
    "Text": "text",
    **dict.fromkeys(
        (
            "Confirm",
            "Correct",
            "Decide",
            "Dismiss",
            "Do",
            "Erase",
            "Extend",
            "Hold",
            "Note",
            "Open",
            "Receipt",
            "Record",
            "Release",
            "Reopen",
            "Revise",
            "Said",
            "SameAs",
            "Void",
            "Waive",
            "Withdraw",
        ),
        "command",
    ),
}

__all__ = [
    "Actor",
    "Calendar",
    "Case",
    "Confirm",
    "Correct",
    "Decide",
    "Definition",
    "Dismiss",
    "Do",
    "DubanError",
    "Engine",
    "Erase",
    "Extend",
    "Forecast",
    "Hold",
    "Moment",
    "Note",
    "Open",
    "Organisation",
    "Outcome",
    "Receipt",
    "Record",
    "Release",
    "Reopen",
    "Result",
    "Revise",
    "Row",
    "Said",
    "SameAs",
    "Text",
    "Void",
    "Waive",
    "Withdraw",
    "load",
]


def __getattr__(name: str) -> Any:
    """Names are imported when first used: ``import workflow`` alone costs next to nothing."""
    if name in _HOME:
        return getattr(import_module(f"workflow.{_HOME[name]}"), name)
    raise AttributeError(f"module 'workflow' has no attribute {name!r}")
