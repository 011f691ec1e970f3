"""Where a sentence of a finding sheet comes from, as it stands on paper."""

from __future__ import annotations

import pytest

from adapters.documents.finding import place

LOG = {"source": {"files": [{"role": "map", "name": "m.yaml"}, {"role": "log", "name": "台账.xlsx"}]}}
JOURNAL = {"source": {"kind": "journal"}}


@pytest.mark.parametrize(
    ("source", "zh", "en"),
    [
        ("5", "台账.xlsx 第 5 行", "台账.xlsx row 5"),
        ("3/2", "台账.xlsx 第 3 条轨迹第 2 个事件", "台账.xlsx trace 3, event 2"),
        ("登记!5", "台账.xlsx 登记 第 5 行", "台账.xlsx 登记 row 5"),
        ("登记!C5", "台账.xlsx 登记!C5", "台账.xlsx 登记!C5"),
        ("B2 C2", "台账.xlsx B2 C2", "台账.xlsx B2 C2"),
    ],
)
def test_a_log_names_row_cell_or_event(source: str, zh: str, en: str) -> None:
    assert (place(source, LOG).zh, place(source, LOG).en) == (zh, en)


@pytest.mark.parametrize("algorithm", ["sha256", "sm3"])
def test_a_hash_is_named_by_its_first_figures_with_what_it_is_of(algorithm: str) -> None:
    figures = "0123456789abcdef" * 4
    assert place(f"{algorithm}:{figures}", JOURNAL).en == f"{algorithm}:0123456789ab…"
    assert place(f"p@1 {algorithm}:{figures}", JOURNAL).zh == f"p@1 {algorithm}:0123456789ab…"
