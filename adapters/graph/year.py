"""The picture of a simulated year: what falls due in which month, and the load of each role week by week. A self-contained SVG."""

from __future__ import annotations

from datetime import timedelta
from xml.sax.saxutils import escape

from adapters.graph.svg import width_of
from workflow.simulate import Year, week_of
from workflow.text import Lang, Text

CELL, ROW, BAR, WEEK = 46, 24, 48, 10
_STYLE = (
    "text{font-family:'Noto Sans CJK SC','Source Han Sans SC','Microsoft YaHei','PingFang SC',sans-serif;font-size:13px;fill:#1c2733}"
    ".t{font-size:20px;font-weight:600}.h{font-weight:600;font-size:15px}.r{fill:#51606e;font-size:12px}.n{text-anchor:middle}.e{text-anchor:end}"
    ".w{fill:#fff}.b{fill:#3b6ea5}.o{fill:#c6482e}.m{fill:#c6482e;font-weight:600}.l{stroke:#d5dde5}.z{fill:#f6e3df}"
)


def picture(year: Year, other: Year | None, lang: Lang) -> str:
    """The year as SVG; ``other`` is the same year with a post empty."""
    p, rules = year.rules.procedure, year.rules
    duties = [d for d in rules.duties if year.tally(d).rows]
    roles = {role: rules.roles([role]).say(lang) for role in year.loads()}
    left = 40 + max([width_of(rules.duties[d].title.say(lang)) for d in duties] + [width_of(name) for name in roles.values()], default=0)
    months = [*year.months, "later"]
    begun = Text(f"自 {year.plan.first} 起一年,{len(year.cases)} 件", f"the year from {year.plan.first}, {len(year.cases)} cases").say(lang)
    title = f"{p.title.say(lang)}  {p.ref}"
    body = [f'<text class="t" x="24" y="38">{escape(title)}</text><text class="r" x="24" y="60">{escape(begun)}</text>']
    y = _months(body, year, other, duties, months, left, 96, lang)
    y = _weeks(body, year, other, roles, left, y + 40, lang)
    width = max(left + CELL * (len(months) + 2) + 40, left + WEEK * 54 + 130, 24 + width_of(title, 20))
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {y:.0f}" width="{width:.0f}" height="{y:.0f}" role="img">'
    paper = f'<title>{escape(title)}</title><style>{_STYLE}</style><rect width="100%" height="100%" fill="#fff"/>'
    return "\n".join([head + paper, *body, "</svg>"]) + "\n"


def _months(
    body: list[str], year: Year, other: Year | None, duties: list[str], months: list[str], left: float, y: float, lang: Lang
) -> float:
    """One cell for each duty and month, the darker the more; beside it what was late or missed."""
    heading = Text("各月到期的义务(无数字期限的,按开始之日)", "duties that fall due in each month (without a number: that begin)").say(lang)
    body.append(f'<text class="h" x="24" y="{y}">{escape(heading)}</text>')
    y += 24
    for i, month in enumerate(months):
        name = Text("其后", "later").say(lang) if month == "later" else month[2:]
        body.append(f'<text class="r n" x="{left + CELL * (i + 0.5):.0f}" y="{y}">{escape(name)}</text>')
    x = left + CELL * (len(months) + 0.7)
    body.append(f'<text class="r n" x="{x:.0f}" y="{y}">{Text("迟误", "failed").say(lang)}</text>')
    counts = {d: year.by_month(d) for d in duties}
    most = max((n for found in counts.values() for n in found.values()), default=1)
    for duty in duties:
        y += ROW
        body.append(f'<text class="e" x="{left - 12:.0f}" y="{y}">{escape(year.rules.duties[duty].title.say(lang))}</text>')
        for i, month in enumerate(months):
            n = counts[duty][month]
            if n:
                shade = 20 + 80 * n // most
                white = " w" if shade > 60 else ""
                box = f'x="{left + CELL * i + 1:.0f}" y="{y - 16}" width="{CELL - 2}" height="{ROW - 2}"'
                body.append(
                    f'<rect class="b" opacity="0.{shade - 1:02}" {box}/>'
                    f'<text class="n{white}" x="{left + CELL * (i + 0.5):.0f}" y="{y}">{n}</text>'
                )
        before, after = len(year.failed(duty)), len(other.failed(duty)) if other is not None else None
        told = str(before or "") if after is None or after == before else f"{before} → {after}"
        body.append(f'<text class="m n" x="{x:.0f}" y="{y}">{told}</text>')
    return y


def _weeks(body: list[str], year: Year, other: Year | None, roles: dict[str, str], left: float, y: float, lang: Lang) -> float:
    """One strip of bars for each role; the fullest week is red and named, the week in which a post is empty is shaded."""
    heading = Text("各角色每周到期的义务(各按本角色最忙的一周)", "duties of each role by week (each on its own scale)").say(lang)
    body.append(f'<text class="h" x="24" y="{y}">{escape(heading)}</text>')
    loads = year.loads()
    weeks = list(dict.fromkeys(week_of(year.plan.first + timedelta(days=n)) for n in range(0, 366)))[:53]
    empty = other.plan.empty if other is not None else None
    for role, load in loads.items():
        base = y + BAR + 16
        body.append(f'<text class="e" x="{left - 12:.0f}" y="{base}">{escape(roles[role])}</text>')
        if empty is not None and empty.role == role and (week := week_of(empty.since.date())) in weeks:
            x = left + WEEK * weeks.index(week)
            body.append(f'<rect class="z" x="{x:.0f}" y="{base - BAR}" width="{WEEK}" height="{BAR}"/>')
            body.append(
                f'<text class="m n" x="{x + WEEK / 2:.0f}" y="{base + 13}" style="font-size:11px">{Text("空缺", "empty").say(lang)}</text>'
            )
        body.append(f'<line class="l" x1="{left:.0f}" y1="{base}" x2="{left + WEEK * 53:.0f}" y2="{base}"/>')
        for i, week in enumerate(weeks):
            n = load.weeks.get(week, 0)
            if n:
                height = BAR * n // load.peak[1]
                kind = "o" if week == load.peak[0] else "b"
                body.append(
                    f'<rect class="{kind}" x="{left + WEEK * i + 1:.0f}" y="{base - height}" width="{WEEK - 2}" height="{height}"/>'
                )
        told = f"{load.peak[0]}  {load.peak[1]}"
        body.append(f'<text class="r" x="{left + WEEK * 53 + 12:.0f}" y="{base}">{told}</text>')
        y = base
    y += 30
    for i in range(0, len(weeks), 4):
        body.append(f'<text class="r n" x="{left + WEEK * (i + 0.5):.0f}" y="{y}">{weeks[i][5:]}</text>')
    return y + 24
