"""The channels over which people are told: e-mail, robots, application messages, SMS, webhook, command, file, console.

:mod:`catalogue` makes a :class:`~adapters.notify.kind.Channel` of a table ``[channels.NAME]``; each kind has a module of its own, which is
imported when the first channel of that kind is made. :mod:`contract` has the tests that every channel passes, also one of yours.
``docs/reference/channels.md`` lists every option and says what "accepted" means on each.
"""
