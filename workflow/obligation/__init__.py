"""The ledger of duties: clocks, due revisions, outcomes."""

from workflow.obligation.ledger import Outcome, Row, assess, ledger

__all__ = ["Outcome", "Row", "assess", "ledger"]
