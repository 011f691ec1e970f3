"""``python -m tests.golden [--write]``"""

from __future__ import annotations

import contextlib
import io
import sys

from tests import golden

if __name__ == "__main__":
    with contextlib.redirect_stdout(io.StringIO()):
        if sys.argv[1:] == ["--write"]:
            golden.write()
        differ = [name for name in golden.RUNS if not golden.kept(name).exists() or golden.kept(name).read_bytes() != golden.made(name)]
    print("\n".join(f"differs: {name}" for name in differ) or "the golden reports are as they were")
    sys.exit(bool(differ))
