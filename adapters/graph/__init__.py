"""A procedure as a picture: Mermaid text, and an SVG that needs no other program. The same procedure gives the same bytes."""

from adapters.graph.mermaid import mermaid
from adapters.graph.svg import svg

__all__ = ["mermaid", "svg"]
