"""The ledger of duties: clocks, due revisions, outcomes."""

from workflow.obligation.ledger import assess, ledger
from workflow.obligation.row import Outcome, Row

__all__ = ["Outcome", "Row", "assess", "ledger"]
