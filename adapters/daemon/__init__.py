"""The daemon: it wakes the sweep, sends what is in the outbox, and says how it is."""
