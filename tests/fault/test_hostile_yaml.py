"""Definition files that are broken or hostile: refused with a typed error and a place, and nothing of them is run."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.commands import frame
from workflow.procedure.load import load
from workflow.procedure.source import MAX_BYTES, BrokenDefinition

SMALL = (Path(__file__).parents[1] / "data" / "small.yaml").read_bytes()
BOMB = "a: &a [x, x]\n" + "".join(f"{chr(98 + i)}: &{chr(98 + i)} [*{chr(97 + i)}, *{chr(97 + i)}]\n" for i in range(20))

HOSTILE: dict[str, tuple[bytes, str, str]] = {
    "alias bomb": (BOMB.encode(), "不允许锚点和别名", "anchors and aliases are not allowed"),
    "an anchor without an alias": (b"a: &x 1\n", "不允许锚点和别名", "anchors and aliases are not allowed"),
    "deep lists": (b"a: " + b"[" * 50_000, "嵌套过深", "nested too deeply"),
    "deep mappings": (b"{a: " * 20_000, "嵌套过深", "nested too deeply"),
    "deep block": (b"".join(b" " * i + b"a:\n" for i in range(500)), "嵌套过深", "nested too deeply"),
    "deep dashes": (b"- " * 40_000, "嵌套过深", "nested too deeply"),
    "very many items": (b"- a\n" * 101_000, "内容过多", "too much content"),
    "not UTF-8": ("a: 1\nb: 中文".encode("gbk"), "文件不是 UTF-8", "the file is not UTF-8"),
    "UTF-16": ("a: 1\n".encode("utf-16"), "文件不是 UTF-8", "the file is not UTF-8"),
    "binary": (bytes(range(256)) * 40, "文件不是 UTF-8", "the file is not UTF-8"),
    "a NUL": (b"a: 1\nb: \x00\n", "不允许的字符 U+0000", "not allowed: U+0000"),
    "an escape sequence": (b"a: \x1b[31m\n", "不允许的字符 U+001B", "not allowed: U+001B"),
    "empty": (b"", "文件是空的", "the file is empty"),
    "white space": (b" \n\n# nothing\n", "文件是空的", "the file is empty"),
    "null": (b"null\n", "文件是空的", "the file is empty"),
    "two documents": (SMALL + b"---\n" + SMALL, "只能有一个文档", "one document a file"),
    "a tag that would run": (b"a: !!python/object/apply:os.system [touch hacked]\n", "不允许标签", "tags are not allowed"),
    "a local tag": (b"a: !x 1\n", "不允许标签", "tags are not allowed"),
    "an older YAML": (b"%YAML 1.1\n---\na: yes\n", "只支持 YAML 1.2", "only YAML 1.2 is read"),
    "a huge integer": (b"a: " + b"9" * 100_000 + b"\n", "整数过大", "the integer is too large"),
    "a huge hexadecimal": (b"a: 0x" + b"f" * 100_000 + b"\n", "整数过大", "the integer is too large"),
    "a lone surrogate": (b'a: "\\ud800"\n', "控制字符", "control characters"),
    "no closing quote": (b"a: '" + b"x" * 900_000, "引号没有闭合", "ends inside quotes"),
}


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_by_the_command_with_its_place(
    name: str, lang: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    content, zh, en = HOSTILE[name]
    monkeypatch.chdir(tmp_path)
    Path("f.yaml").write_bytes(content)
    code = frame.main(["definitions", "check", "f.yaml", "--lang", lang])
    out, err = capsys.readouterr()
    assert (code, out) == (3, "")
    assert (zh if lang == "zh" else en) in err and "f.yaml:" in err and "[definition.invalid]" in err
    assert "Traceback" not in err and len(err) < 2000
    assert list(tmp_path.iterdir()) == [tmp_path / "f.yaml"]


def test_a_file_of_100_megabytes_is_refused_and_not_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import tracemalloc

    path = tmp_path / "big.yaml"
    with path.open("wb") as file:
        file.truncate(100_000_000)
    tracemalloc.start()
    code = frame.main(["definitions", "check", str(path), "--lang", "en"])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert code == 3 and f"larger than {MAX_BYTES} bytes" in capsys.readouterr().err
    assert peak < 5 * MAX_BYTES


def test_text_is_as_limited_as_bytes() -> None:
    with pytest.raises(BrokenDefinition, match="problem"):
        load("字" * (MAX_BYTES // 2), "f.yaml")


def test_problems_as_json_have_their_code_and_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "f.yaml"
    path.write_text("a: 1\na: 2\n", encoding="utf-8")
    assert frame.main(["definitions", "check", str(path), "--json"]) == 3
    (problem,) = json.loads(capsys.readouterr().out)["problems"]
    assert problem == {
        "file": str(path), "line": 2, "column": 1, "field": "a", "zh": "重复的键 'a'(首次在第 1 行)",
        "en": "duplicate key 'a' (first on line 1)", "hint": {"zh": "删去其中一个", "en": "remove one of them"},
    }  # fmt: skip


def test_a_good_file_beside_a_broken_one_is_still_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_bytes(SMALL)
    bad.write_bytes(b"")
    assert frame.main(["definitions", "check", str(bad), str(good), str(tmp_path / "none.yaml"), "--json"]) == 3
    found = json.loads(capsys.readouterr().out)
    assert [g["ref"] for g in found["ok"]] == ["small@1-1"]
    assert [p["file"] for p in found["problems"]] == [str(bad), str(tmp_path / "none.yaml")]


@pytest.mark.skipif(sys.platform == "win32", reason="files without a right to read")
def test_a_folder_is_no_definition(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert frame.main(["definitions", "check", str(tmp_path)]) == 2
    assert "不能读取文件" in capsys.readouterr().err


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_but_the_typed_refusal(content: bytes) -> None:
    with pytest.raises(BrokenDefinition):
        load(content, "f.yaml")


@given(st.text(max_size=120))
def test_no_text_raises_anything_but_the_typed_refusal(content: str) -> None:
    with pytest.raises(BrokenDefinition):
        load(content, "f.yaml")


@given(st.integers(0, len(SMALL)), st.integers(0, 12), st.text(alphabet="{}[]:,-#&*!|>'\"%@`?\\ \n\t0aZ中é", max_size=6))
def test_a_definition_that_is_cut_and_patched_is_read_or_refused(at: int, length: int, patch: str) -> None:
    text = SMALL.decode("utf-8", "ignore")
    mangled = text[:at] + patch + text[at + length :]
    try:
        load(mangled, "f.yaml")
    except BrokenDefinition as error:
        assert error.problems and all(p.line >= 1 and p.column >= 1 and p.message.zh and p.message.en for p in error.problems)
