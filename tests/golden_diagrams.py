"""The page with a diagram of every shipped procedure; ``python -m tests.golden_diagrams`` writes it anew."""

from __future__ import annotations

from pathlib import Path

from adapters.graph import mermaid
from adapters.library import shipped_definitions

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "diagrams.md"
HEAD = """# Diagrams

Every shipped [procedure](procedures.md) as a picture: its states, the events that move a case and who does them, and in the notes
what is owed, from what, for how long, by whom to whom. Events that only add to a case are not drawn. The same in Chinese, of a file of
your own, or as SVG: `duban definitions graph ID --lang zh -o FILE.svg`.
"""


def page() -> str:
    """All of them in the order of their ids; of one that has several versions each."""
    parts, last = [HEAD], ""
    for definition in sorted(shipped_definitions(), key=lambda d: d.procedure.ref):
        p = definition.procedure
        if p.procedure != last:
            parts.append(f"\n## {p.procedure}\n\n{p.zh} · {p.en}\n")
        parts.append(f"\n```mermaid\n{mermaid(p, 'en').rstrip()}\n```\n")
        last = p.procedure
    return "".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
