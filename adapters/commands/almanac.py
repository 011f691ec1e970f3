"""Which calendar a command counts in: the one in use of the store, where there is a store, or the one that is shipped."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from adapters.calendars import read_document, shipped
from adapters.commands import frame, place
from workflow.calendar import Calendar
from workflow.errors import BadInput, NotFound
from workflow.journal.canonical import Json
from workflow.text import Text, same


@dataclass(frozen=True, slots=True)
class Almanac:
    """A calendar, and where it is from."""

    calendar: Calendar
    store: str
    """The store whose calendar in use it is; empty: the shipped one."""
    overlay: str = ""

    @property
    def source(self) -> Text:
        text = Text("本库在用日历 ", "in use in ") + same(self.store) if self.store else Text("随附日历", "the shipped calendar")
        return text + (Text(",加地方日历 ", ", with the overlay ") + same(self.overlay)) if self.overlay else text

    def document(self) -> dict[str, Json]:
        return {
            "id": self.calendar.id,
            "digest": self.calendar.digest,
            "source": "store" if self.store else "shipped",
            "store": self.store or None,
        }


def find(name: str = "cn", overlay: Path | None = None) -> Almanac:
    """The calendar of that name. No store is made for it; one that is there and cannot be read is an error, never passed over."""
    found = _stored(name) or Almanac(shipped(name), "")
    if overlay is None:
        return found
    document = read_document(overlay)
    if not isinstance(document, dict):
        raise BadInput(Text("不是地方日历文件", "this is not an overlay"), where=str(overlay))
    try:
        return Almanac(found.calendar.with_overlay(document), found.store, overlay.name)
    except BadInput as error:
        error.where = str(overlay)
        raise


def _stored(name: str) -> Almanac | None:
    if frame.absent() or frame.settings.db.startswith("memory:"):
        return None
    with frame.engine() as engine:
        known = {name: engine.calendars[digest] for name, digest in engine.sources.in_use.items()}
    if name in known:
        return Almanac(known[name], place.name())
    try:
        shipped(name)
    except NotFound:
        there = "、".join(sorted(known))
        raise NotFound(
            Text(f"没有日历 {name!r}", f"there is no calendar {name!r}"),
            where=place.name(),
            hint=Text(f"现有:{there};用 duban calendar import 导入", f"there are: {there}; put it in with duban calendar import"),
        ) from None
    return None
