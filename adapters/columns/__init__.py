"""Logs by columns: the outcomes of very many cases, each different course judged once by the same ledger as a single case."""
