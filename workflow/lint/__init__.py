"""What can be proved wrong in a definition before it is used, and what was not looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from workflow.calendar import Calendar
from workflow.lint.chart import charted
from workflow.lint.choice import choices
from workflow.lint.duty import dutiful
from workflow.lint.fact import facts
from workflow.lint.finding import SEVERITIES, Finding, Severity
from workflow.lint.label import labels
from workflow.lint.link import links
from workflow.lint.people import people
from workflow.lint.report import reports
from workflow.lint.spare import spare
from workflow.lint.subject import Subject
from workflow.lint.unset import unset
from workflow.lint.walk import walked
from workflow.organisation import Organisation
from workflow.procedure.load import Definition
from workflow.procedure.model import Procedure

CHECKS: tuple[Callable[[Subject], Iterable[Finding]], ...] = (
    lambda subject: charted(subject.courses),
    walked,
    choices,
    lambda subject: dutiful(subject.courses),
    reports,
    people,
    facts,
    labels,
    links,
    lambda subject: spare(subject.content),
    lambda subject: subject.timing.findings(),
    unset,
)
"""Each is a pure function of what it looks at."""


def lint(
    definition: Definition,
    calendar: Calendar,
    *,
    organisation: Organisation | None = None,
    others: Mapping[str, Procedure] | None = None,
) -> list[Finding]:
    """Everything that is to be said of a definition that was loaded, the worst first, else in the order of the checks.

    With an organisation also which roles nobody holds there; with the other procedures by id also what it says of them.
    """
    subject = Subject(definition, calendar, organisation, others)
    found = [finding for check in CHECKS for finding in check(subject)]
    worst = {severity: i for i, severity in enumerate(SEVERITIES)}
    return sorted(found, key=lambda finding: worst[finding.severity])


__all__ = ["CHECKS", "SEVERITIES", "Finding", "Severity", "lint"]
