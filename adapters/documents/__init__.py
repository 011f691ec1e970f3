"""What people read and hand on: the canonical report of a replay, and pages made of it."""
