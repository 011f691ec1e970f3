"""Units, posts and their holders, with validity: who may sign, and whom a role means.

The organisation is journaled in a chain of its own (case id ``organisation``) and folded from it. Duties are owed by posts; leave and
acting move who may sign and who is told, never the duty or the clock (SEMANTICS S9.1).
"""

from workflow.organisation.actor import Actor
from workflow.organisation.check import check
from workflow.organisation.entry import dated, evolve, fold
from workflow.organisation.file import entries
from workflow.organisation.model import Organisation
from workflow.organisation.post import Frequency, Post, Span, Unit

CHAIN = "organisation"
"""Id of the chain in which the organisation is journaled."""

__all__ = ["CHAIN", "Actor", "Frequency", "Organisation", "Post", "Span", "Unit", "check", "dated", "entries", "evolve", "fold"]
