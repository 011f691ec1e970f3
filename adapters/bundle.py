"""A journal as files of text that leave the house: one JSON line an entry, with the definitions, calendars and organisation that decide.

A bundle is a plain ``.jsonl`` file. Each line is one JSON object with a ``type``; the bytes of entries, definitions and calendars are the
canonical ones, so that their hashes can be recomputed from the file alone. Erasable parts are left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from workflow import organisation as organisations
from workflow.calendar import Calendar
from workflow.engine import Engine
from workflow.errors import BadInput, IntegrityError
from workflow.journal.canonical import digest, parse_canonical
from workflow.journal.chain import verify
from workflow.journal.entry import Entry
from workflow.moment import stamp, unstamp
from workflow.organisation import CHAIN, Organisation
from workflow.procedure.load import thaw
from workflow.rules import Rules
from workflow.text import Text

FORMAT = "duban-journal-1"


@dataclass(frozen=True, slots=True)
class Bundle:
    cases: list[tuple[str, list[Entry]]]
    rules: dict[str, Rules]
    calendars: dict[str, Calendar]
    chain: list[Entry]
    """The entries of the organisation."""
    as_of: datetime

    def organisation(self, as_of: datetime) -> Organisation:
        """The organisation as it was recorded up to ``as_of``."""
        return organisations.fold(e.body for e in self.chain if unstamp(e.recorded) <= as_of)


def lines(engine: Engine, as_of: datetime) -> Iterator[str]:
    """The lines of a bundle of the whole store."""
    yield _line({"type": "header", "format": FORMAT, "as_of": stamp(as_of)})
    with engine.store.read() as view:
        for kind in ("definition", "calendar"):
            for name, found in view.blobs(kind):
                data = view.blob(found)
                assert data is not None
                yield _line({"type": kind, "name": name, "hash": found, "data": data.decode()})
        for entry in view.journal():
            yield _line({"type": "entry", "hash": entry.hash, "data": entry.raw.decode()})


def _line(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"


def read_bundle(path: Path) -> Bundle:
    """Read and verify a bundle: every hash is recomputed before anything is believed.

    Raises :class:`BadInput` for what is no bundle and :class:`IntegrityError` for one that was changed.
    """
    rules: dict[str, Rules] = {}
    calendars: dict[str, Calendar] = {}
    cases: dict[str, list[Entry]] = {}
    as_of: datetime | None = None
    try:
        with path.open(encoding="utf-8") as file:
            for number, text in enumerate(file, 1):
                item = json.loads(text)
                kind = item["type"]
                if kind == "header":
                    as_of = _header(item, path)
                    continue
                data = item["data"].encode()
                if kind == "entry":
                    entry = Entry.parse(data, item["hash"])
                    cases.setdefault(entry.case, []).append(entry)
                elif digest(data) != item["hash"]:
                    raise IntegrityError(Text(f"第 {number} 行的哈希不符", f"line {number} does not have its hash"), where=str(path))
                elif kind == "definition":
                    rules[item["hash"]] = Rules(thaw(data, item["name"]).procedure, item["hash"])
                elif kind == "calendar":
                    calendars[item["hash"]] = Calendar.of(parse_canonical(data))
    except OSError as error:
        raise BadInput(Text(f"不能读取文件:{error.strerror}", f"cannot read the file: {error.strerror}"), where=str(path)) from None
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput(Text(f"不是日志导出:{error}", f"this is no journal export: {error}"), where=str(path)) from None
    if as_of is None:
        raise BadInput(Text("日志导出没有首行", "the export has no header"), where=str(path))
    _verify(cases, path)
    chain = cases.pop(CHAIN, [])
    return Bundle(sorted(cases.items()), rules, calendars, chain, as_of)


def _header(item: dict[str, Any], path: Path) -> datetime:
    if item.get("format") != FORMAT:
        raise BadInput(Text("日志导出的格式未知", "the export has an unknown format"), where=str(path))
    return unstamp(item["as_of"])


def _verify(cases: dict[str, Sequence[Entry]] | dict[str, list[Entry]], path: Path) -> None:
    found = verify((e for case in sorted(cases) for e in cases[case]), lambda _case, _n: None)
    if found.first is not None:
        bad = found.first
        raise IntegrityError(
            Text(f"{bad.case} 第 {bad.n} 条:{bad.message.zh}", f"{bad.case} entry {bad.n}: {bad.message.en}"), where=str(path)
        )
