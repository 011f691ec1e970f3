"""Where duban takes its settings from, and what they may be.

:mod:`layers` finds and reads the files (standard library only, since every command passes there), :mod:`model` says what may stand in
them, :mod:`load` puts flags, environment and files together with the origin of every value, :mod:`secret` reads what must stand in none
of them.
"""
