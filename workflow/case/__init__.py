"""The life of a case in two pure functions: ``decide(case, command) -> acts`` and ``evolve(case, act) -> case``."""

from workflow.case.fold import Case, Change, evolve

__all__ = ["Case", "Change", "evolve"]
