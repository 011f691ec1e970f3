"""Finding sheets as one HTML file for A4 paper, a page a finding; it needs nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from math import ceil
from typing import Any, NamedTuple
from unicodedata import east_asian_width

from adapters.documents.finding import lines, place
from adapters.documents.wording import Found

MOST_READINGS = 8
MOST_STATEMENTS = 3


class Fit(NamedTuple):
    """What a page holds. Of more it says how much there is: the JSON form has all, and the digest covers all."""

    size: float
    """Of the letters, in points."""
    sentences: int
    text: int
    """Characters of one text."""
    lines: int
    """Of the explanation in each language."""


FITS = (
    *(Fit(size, 16, 300, 24) for size in (9.0, 8.5, 8.0, 7.5, 7.0, 6.5)),
    Fit(6.5, 14, 200, 20),
    Fit(6.5, 12, 120, 16),
    Fit(6.5, 10, 80, 12),
    Fit(6.5, 8, 50, 10),
)
"""The first with which a sheet fits its page is taken."""
HEIGHT, WIDTH = 272.0, 182.0
"""Of the page within its margins, in millimetres, with something to spare for other fonts."""
SIGNERS = ("经办人 prepared by", "复核人 checked by", "当事人 person concerned", "单位(盖章)unit, stamp")

STYLE = """
@page{size:A4;margin:0}
*{box-sizing:border-box}
body{margin:0;background:#ddd;color:#000;line-height:1.36;font-family:"Noto Serif CJK SC","Songti SC",SimSun,"WenQuanYi Micro Hei",serif}
section{width:210mm;min-height:296mm;margin:4mm auto;padding:10mm 14mm 8mm;background:#fff;display:flex;flex-direction:column;
break-after:page;break-inside:avoid}
section:last-child{break-after:auto}
@media print{body{background:#fff}section{margin:0}}
h1,h2{font-family:"Noto Sans CJK SC","Heiti SC",SimHei,"WenQuanYi Micro Hei",sans-serif}
h1{font-size:15pt;text-align:center;margin:0;letter-spacing:.3em}
h1+p{text-align:center;margin:0 0 1.5mm;color:#333}
h2{font-size:1.05em;margin:1.6mm 0 .5mm}
i{font-style:normal;color:#444;font-size:.84em}
table{width:100%;border-collapse:collapse;table-layout:fixed}
td{border:.2mm solid #000;padding:.4mm 1.2mm;vertical-align:top;text-align:left;overflow-wrap:anywhere}
td i{display:block;line-height:1.25}
.n{width:7mm}.s{width:36mm;font-size:.82em}.k{width:25mm}
.days{display:flex;border:.2mm solid #000;font-size:.9em;line-height:1.32}
.days div{flex:1 1 50%;padding:.6mm 1.2mm;overflow-wrap:anywhere}
.box{border:.2mm solid #000;padding:.6mm 1.2mm;min-height:12mm;overflow-wrap:anywhere}
.grow{flex:1 1 auto}
.sign{margin-top:1.5mm}.sign td{height:13mm}
footer{font-size:.82em;margin-top:1mm;overflow-wrap:anywhere;color:#222}
"""


def page(sheets: Sequence[Found]) -> str:
    """The sheets in the order given."""
    body = "\n".join("".join(_section(sheet)) for sheet in sheets)
    return (
        '<!DOCTYPE html>\n<html lang="zh"><head><meta charset="utf-8"><title>事实认定表</title>'
        f"<style>{STYLE}</style></head>\n<body>\n{body}\n</body></html>\n"
    )


def _section(sheet: Found) -> Iterator[str]:
    fit = fitting(sheet)
    yield f'<section style="font-size:{fit.size}pt">'
    yield "<h1>事实认定表</h1><p>Finding sheet <i>计算所得,未经签认不作认定 computed; nothing is determined until a person signs</i></p>"
    yield "<table>" + "".join(_row(*cells) for cells in head(sheet, fit)) + "</table>"
    yield "<h2>一、记录所示 What the record shows</h2><table>"
    for number, sentence in enumerate(sheet["sentences"][: fit.sentences], 1):
        sources = "<br>".join(escape(place(s, sheet).zh) for s in sentence["source"])
        said = f"{escape(cut(sentence['zh'], fit))}<i>{escape(cut(sentence['en'], fit))}</i>"
        yield f'<tr><td class="n">{number}</td><td>{said}</td><td class="s">{sources or "—"}</td></tr>'
    yield f"</table>{_more(len(sheet['sentences']) - fit.sentences)}"
    yield '<h2>二、期限的说明 Why the date is what it is</h2><div class="days">'
    yield "".join(f"<div>{'<br>'.join(map(escape, told(sheet, lang, fit)))}</div>" for lang in ("zh", "en")) + "</div>"
    yield "<h2>三、读法与余地 Readings and margin</h2>"
    yield "".join(f"<div>{escape(cut(line, fit))}</div>" for line in near(sheet))
    yield '<h2>四、陈述意见 Statement of the person concerned</h2><div class="box grow">'
    yield "".join(f"<div>{escape(line)}</div>" for line in statements(sheet, fit)) + "</div>"
    yield "<h2>五、认定 Determination <i>(由有权人员填写 by a person who may)</i></h2>"
    yield '<div class="box">□ 成立 stands &emsp; □ 不成立 does not stand &emsp; □ 部分成立 in part</div><table class="sign"><tr>'
    yield "".join(f"<td>{name}<br><br>日期 date</td>" for name in SIGNERS) + "</tr></table>"
    yield f"<footer>内容哈希 digest {escape(sheet['digest'])}<br>"
    yield f"{escape(cut(foot(sheet), fit))}</footer></section>"


def head(sheet: Found, fit: Fit) -> list[tuple[str, str, str, str]]:
    """What the sheet is about, in pairs of heading and content."""
    duty, owed, matter = sheet["duty"], sheet["owed_by"], sheet["matter"]
    rows = [
        ("案件 case", sheet["case"], "程序 procedure", f"{sheet['title']['zh']} {sheet['procedure']}"),
        ("单位 unit", sheet["unit"] or "—", "截至 as of", sheet["at"]["zh"]),
        ("事项 duty", f"{duty['zh']} {duty['en']}", "责任 owed by", f"{owed['zh']} {owed['en']}"),
        ("疑似 matter", matter["zh"], "", matter["en"]),
    ]
    return [(a, cut(b, fit), c, cut(d, fit)) for a, b, c, d in rows]


def foot(sheet: Found) -> str:
    parts = (sheet["form"], sheet["row"], f"{sheet['procedure']} {sheet['definition'][:19]}…", "核对 check: duban audit finding --json")
    return " · ".join(parts)


def told(sheet: Found, lang: str, fit: Fit) -> list[str]:
    """The explanation of the date as far as a page holds it."""
    found = lines(sheet, lang)
    more = len(found) - fit.lines
    rest = [f"另有 {more} 行,见 --json" if lang == "zh" else f"{more} more lines, see --json"] if more > 0 else []
    return [cut(line, fit, 3) for line in found[: fit.lines]] + rest


def near(sheet: Found) -> list[str]:
    """The readings, and how far the duty is from another outcome."""
    said = [f"{s['zh']}  {s['en']}" for s in (sheet["said"]["readings"], sheet["said"]["margin"]) if s["zh"]]
    notes = [line.strip() for line in sheet["explanation"]["zh"] if line.strip().startswith("读法")]
    more = len(notes) - MOST_READINGS
    found = [*said, *notes[:MOST_READINGS], *([f"另有 {more} 种,见 --json / {more} more, see --json"] if more > 0 else [])]
    return found or ["条文没有歧义,结果不取决于期限 no ambiguity, and no date decides"]


def statements(sheet: Found, fit: Fit) -> list[str]:
    """What the person concerned stated; else that there is room for it."""
    found: list[Any] = list(sheet["statements"])
    said = []
    for one in found[:MOST_STATEMENTS]:
        text = cut(one["text"], fit) if one["text"] is not None else "(内容在可删除部分 its text lies in the erasable part)"
        after = "(之后记入 entered after)" if one["after"] else ""
        kind = {"statement": "情况说明 statement", "finding": "认定 finding"}.get(one["kind"], one["kind"])
        said.append(f"{one['at']['zh']} {one['by']['zh']} {kind}{after}:{text}  {' '.join(place(s, sheet).zh for s in one['source'])}")
    more = len(found) - MOST_STATEMENTS
    if more > 0:
        said.append(f"另有 {more} 条,见 --json / {more} more, see --json")
    return said or ["(记录中没有;可在此填写 none on record; room for it)"]


def cut(text: str, fit: Fit, times: int = 1) -> str:
    most = fit.text * times
    return text if len(text) <= most else f"{text[:most]}…(共 {len(text)} 字,见 --json / whole text: --json)"


def fitting(sheet: Found) -> Fit:
    return next((fit for fit in FITS if _height(sheet, fit) <= HEIGHT), FITS[-1])


def _height(sheet: Found, fit: Fit) -> float:
    """How high a sheet is at most, in millimetres."""
    size = fit.size
    line = size * 0.3528 * 1.36

    def high(text: str, width: float, scale: float = 1.0) -> float:
        unit = size * scale * 0.3528 / 2
        wide = sum(2 if east_asian_width(c) in "WFA" else 1.1 for c in text)
        return max(1, ceil(wide * unit / (width - 3))) * line * scale

    whole = 8.0 + 6 * (line + 2.1) + 2 * 12 + 16 + 3 * line  # title, headings, boxes, signatures, foot
    whole += sum(max(high(b, WIDTH / 2 - 25), high(d, WIDTH / 2 - 25)) + 1.0 for _, b, _, d in head(sheet, fit))
    for sentence in sheet["sentences"][: fit.sentences]:
        said = high(cut(sentence["zh"], fit), WIDTH - 43) + high(cut(sentence["en"], fit), WIDTH - 43, 0.84)
        whole += max(said, sum(high(place(s, sheet).zh, 36, 0.82) for s in sentence["source"])) + 1.0
    whole += max(sum(high(text, WIDTH / 2, 0.9) for text in told(sheet, lang, fit)) for lang in ("zh", "en")) + 1.4
    whole += sum(high(cut(text, fit), WIDTH) for text in near(sheet))
    return whole + max(0.0, sum(high(text, WIDTH) for text in statements(sheet, fit)) - 10) + high(cut(foot(sheet), fit), WIDTH, 0.82)


def _row(*cells: str) -> str:
    return "<tr>" + "".join(f"<td{' class=k' if i % 2 == 0 else ''}>{escape(c)}</td>" for i, c in enumerate(cells)) + "</tr>"


def _more(count: int) -> str:
    return f"<div>另有 {count} 句,见 --json <i>{count} more, see --json</i></div>" if count > 0 else ""
