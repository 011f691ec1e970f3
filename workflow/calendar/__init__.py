"""Working-day calendars: years, their revisions, local overlays, and years that are not published yet."""

from workflow.calendar.model import WEEKEND, Calendar, Day, named
from workflow.calendar.notice import Notice, Overlay, from_holiday_cn, is_overlay_id

__all__ = ["WEEKEND", "Calendar", "Day", "Notice", "Overlay", "from_holiday_cn", "is_overlay_id", "named"]
