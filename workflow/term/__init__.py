"""A period of time as law states it, how it is computed, and the explanation of the result."""

from workflow.term.due import Due, Lateness, Pause, due, lateness, longest, shortest
from workflow.term.explain import Explanation, explain
from workflow.term.model import OfCase, Qualitative, Span, Term, of_case, parse
from workflow.term.recur import Offset, Recurrence

__all__ = [
    "Due",
    "Explanation",
    "Lateness",
    "OfCase",
    "Offset",
    "Pause",
    "Qualitative",
    "Recurrence",
    "Span",
    "Term",
    "due",
    "explain",
    "lateness",
    "longest",
    "of_case",
    "parse",
    "shortest",
]
