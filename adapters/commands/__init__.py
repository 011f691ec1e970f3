"""The commands of ``duban``, one module a group; ``cli.py`` assembles them."""
