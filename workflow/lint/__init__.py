"""What can be proved wrong in a definition before it is used, and what was not looked at."""

from __future__ import annotations

from workflow.calendar import Calendar
from workflow.lint.chart import charted
from workflow.lint.duty import dutiful
from workflow.lint.finding import SEVERITIES, Finding, Severity
from workflow.lint.spare import spare
from workflow.lint.timing import Timing
from workflow.procedure.load import Definition


def lint(definition: Definition, calendar: Calendar) -> list[Finding]:
    """Everything that is to be said of a definition that was loaded, the worst first, else in the order of the checks."""
    timing = Timing(definition.procedure, calendar)
    found = [*charted(timing.courses), *dutiful(timing.courses), *spare(definition.content()), *timing.findings()]
    return sorted(found, key=lambda f: list(SEVERITIES).index(f.severity))


__all__ = ["SEVERITIES", "Finding", "Severity", "lint"]
