"""One ledger against another: which incidents are the same, for which nothing decides, and which one side does not have."""

from workflow.reconcile.decision import Decision, read_decisions
from workflow.reconcile.incident import Incident
from workflow.reconcile.match import Matching, Pair, match
from workflow.reconcile.result import Reconciled
from workflow.reconcile.rules import MatchRules, read_rules

__all__ = ["Decision", "Incident", "MatchRules", "Matching", "Pair", "Reconciled", "match", "read_decisions", "read_rules"]
