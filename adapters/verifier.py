"""Check a bundle of duban without duban: one file, the standard library of Python 3.11 alone, written from docs/reference/journal.md.

    python -I -S verify.py [BUNDLE] [--checkpoint NUMBER:HASH | --checkpoint NOTE]

BUNDLE is a folder or a .zip; without it, the folder of this file. Every hash is computed from the bytes that it is about. Exit 0: nothing
is wrong; 6: something is, the first fault first; 2: this is no bundle; 3: a hash is not to be had here (SM3 needs an OpenSSL with it).
A verifier that came with the bundle is worth what the bundle is worth: take this file from somebody you trust. Signatures are not checked.
"""

from __future__ import annotations

import base64
import hashlib
import json
import sys
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

LINE = 64_000_000
FIELDS = ["algorithm", "body", "case", "format", "kind", "n", "prev", "private", "recorded"]
SEAL = ["algorithm", "count", "format", "number", "previous", "recorded", "root"]


class NoBundle(Exception):
    """What was given cannot be read at all."""


def canonical(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def read(data: bytes) -> Any:
    """The value of canonical bytes; ValueError for others."""
    value = json.loads(data.decode(), parse_float=int)  # no number but a whole one
    if canonical(value) != data:
        raise ValueError("not canonical")
    return value


def digest(algorithm: str, data: bytes) -> str:
    if algorithm not in ("sha256", "sm3"):
        raise ValueError(f"the algorithm {algorithm!r}")
    return f"{algorithm}:{hashlib.new(algorithm, data).hexdigest()}"


class Tree:
    """RFC 6962 section 2.1, one hash for each complete subtree."""

    def __init__(self, algorithm: str, leaves: Iterable[bytes] = ()) -> None:
        self.algorithm = algorithm
        self.count = 0
        self.nodes: list[tuple[int, bytes]] = []
        for leaf in leaves:
            self.add(leaf)

    def hash(self, data: bytes) -> bytes:
        return hashlib.new(self.algorithm, data).digest()

    def add(self, leaf: bytes) -> None:
        self.count += 1
        size, node = 1, self.hash(b"\x00" + leaf)
        while self.nodes and self.nodes[-1][0] == size:
            node = self.hash(b"\x01" + self.nodes.pop()[1] + node)
            size *= 2
        self.nodes.append((size, node))

    def root(self) -> str:
        node = self.nodes[-1][1] if self.nodes else self.hash(b"")
        for _, left in reversed(self.nodes[:-1]):
            node = self.hash(b"\x01" + left + node)
        return f"{self.algorithm}:{node.hex()}"


class Files:
    """The files of a folder or a .zip. Only names that are asked for are opened; nothing is unpacked."""

    def __init__(self, path: Path) -> None:
        self.zip = None if path.is_dir() else zipfile.ZipFile(path)
        self.path = path

    def names(self) -> list[str]:
        if self.zip is not None:
            return [i.filename for i in self.zip.infolist() if not i.is_dir()]
        return [p.relative_to(self.path).as_posix() for p in self.path.rglob("*") if p.is_file() and "__pycache__" not in p.parts]

    def open(self, name: str) -> Any:
        return self.zip.open(name) if self.zip is not None else (self.path / name).open("rb")

    def data(self, name: str) -> bytes:
        with self.open(name) as file:
            return bytes(file.read())


class Check:
    """What was read, and every fault in the order in which it was found."""

    def __init__(self, files: Files) -> None:
        self.files = files
        self.faults: list[str] = []
        self.algorithm = ""
        self.chains: dict[str, tuple[str, int, str]] = {}  # case → hash of its first entry, number and hash of its last one
        self.sealed: dict[str, list[tuple[int, int, str]]] = {}  # case → (number, seal, hash) of its entries that a seal covers
        self.seals: list[tuple[int, bytes, str]] = []
        self.eras: dict[int, str] = {}  # seal → algorithm
        self.anchors: dict[int, Tree] = {}  # last seal before a change of algorithm → what it was re-anchored over
        self.acts: dict[int, Any] = {}
        self.trees: dict[int, Tree] = {}
        self.documents: dict[str, str] = {}
        self.pinned: list[tuple[str, int, str]] = []
        self.organisation: list[bytes] = []

    def fault(self, where: str, what: str) -> None:
        self.faults.append(f"{where}: {what}")

    def manifest(self) -> None:
        listed = read(self.files.data("manifest.json").removesuffix(b"\n"))
        if listed["format"] != "duban-bundle-1":
            raise NoBundle("another format")
        there = set(self.files.names())
        for name, told in sorted(listed["files"].items()):
            if name not in there:
                self.fault(name, "不见了 / is gone")
            elif digest("sha256", self.files.data(name)) != told:
                self.fault(name, "与清单的摘要不符 / does not have the digest of the manifest")
            elif name.startswith(("definitions/", "calendars/")) and f"sha256:{Path(name).stem}" != told:
                self.fault(name, "与文件名的摘要不符 / does not have the digest of its name")
        for name in sorted(there - set(listed["files"]) - {"manifest.json"}):
            self.fault(name, "清单里没有 / is not in the manifest")

    def journal(self) -> None:
        ended = 0
        with self.files.open("journal.jsonl") as file:
            for number, text in enumerate(iter(lambda: file.readline(LINE), b""), 1):
                try:
                    item = read(line := text.removesuffix(b"\n"))
                    if ended or (item["type"] == "header") is not (number == 1):
                        raise ValueError("out of place")
                    if item["type"] == "end":
                        ended = number
                        if item["lines"] != number - 1:
                            self.fault(f"line {number}", f"应有 {item['lines']} 行 / {item['lines']} lines were written")
                    else:
                        self.take(item, line)
                except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
                    if "unsupported hash" in str(error):
                        raise
                    self.fault(f"line {number}", f"无法读取 / cannot be read ({error})")
        if not ended:
            self.fault("journal.jsonl", "被截断 / is truncated")

    def take(self, item: dict[str, Any], line: bytes) -> None:
        kind = item["type"]
        if kind == "header":
            if item["format"] != "duban-journal-1" or item["algorithm"] not in ("sha256", "sm3"):
                raise NoBundle("another format")
            self.algorithm = item["algorithm"]
            hashlib.new(self.algorithm)
        elif kind in ("definition", "calendar"):
            if digest("sha256", item["data"].encode()) != item["hash"]:
                self.fault(f"{kind} {item['name']}", "内容与哈希不符 / does not have its hash")
            self.documents[item["hash"]] = kind
        elif kind == "seal":
            algorithm = self.eras[item["number"]] = item["hash"].partition(":")[0]
            if self.seals and algorithm != self.eras[self.seals[-1][0]]:
                self.anchors[self.seals[-1][0]] = Tree(algorithm)
            self.seals.append((item["number"], item["data"].encode(), item["hash"]))
        elif kind == "entry":
            self.entry(item, line)
        else:
            raise ValueError(f"a line of type {kind!r}")

    def entry(self, item: dict[str, Any], line: bytes) -> None:
        data = item["data"].encode()
        entry = read(data)
        case, n = entry["case"], entry["n"]
        where, algorithm = f"{case} #{n}", self.eras.get(item["seal"], self.algorithm)
        if digest(algorithm, data) != item["hash"]:
            self.fault(where, "被改动 / was edited")
        if list(entry) != FIELDS or entry["algorithm"] != algorithm or entry["format"] != 1:
            self.fault(where, "不是日志条目 / is no entry of this journal")
        if case not in self.chains:
            if self.chains and case < max(self.chains):
                self.fault(where, "顺序被改动 / is out of order")
            self.chains[case] = (item["hash"], 0, digest(algorithm, b"duban-genesis-1\n" + canonical(case)))
        first, last, head = self.chains[case]
        if n != last + 1:
            self.fault(f"{case} #{last + 1}", "不在 / is missing" if n > last else "重复或顺序被改动 / is there twice or out of order")
        elif entry["prev"] != head:
            self.fault(where, "与前一条不相接 / does not link to the entry before")
        self.chains[case] = (first, n, item["hash"])
        if item["seal"] is not None:
            self.trees.setdefault(item["seal"], Tree(algorithm)).add(item["hash"].encode())
            self.sealed.setdefault(case, []).append((n, item["seal"], item["hash"]))
            for last_seal in [number for number in self.anchors if item["seal"] <= number]:
                self.anchors[last_seal].add(data)
        told = entry["body"].get("data")
        if entry["kind"] in ("opened", "recalendared", "migrated") and isinstance(told, dict):
            self.pinned += [(case, n, told[name]) for name in ("definition", "calendar", "from") if name in told]
        if case == "organisation":
            self.organisation.append(line)
        if (case, entry["kind"]) == ("monitor", "reanchored"):
            self.acts[entry["body"]["number"]] = entry["body"]

    def rest(self) -> None:
        for case, n, name in self.pinned:
            if name not in self.documents:
                self.fault(f"{case} #{n}", f"所依据的 {name} 不在 / rests on {name}, which is not there")
        before, expected = "", 1
        for number, data, told in self.seals:
            where = f"seal {number}"
            tree = self.trees.pop(number, None) or Tree(self.eras[number])
            seal = read(data)
            if number != expected or digest(self.eras[number], data) != told or sorted(seal) != SEAL or seal["number"] != number:
                self.fault(where, "缺少或被改动 / is missing or was edited")
            elif seal["previous"] != before:
                self.fault(where, "与前一个不相接 / does not link to the seal before")
            if (seal["root"], seal["count"]) != (tree.root(), tree.count):
                self.fault(where, "覆盖的记录不同 / covers other entries than are there")
            before, expected = told, number + 1
            if rows := self.anchors.get(number):
                seals = Tree(rows.algorithm, [d for _, d, _ in self.seals[:number]])
                said = {"from": self.eras[number], "to": rows.algorithm, "number": number, "seal": told, "seals": seals.root()}
                if self.acts.get(number) != {**said, "count": rows.count, "entries": rows.root()}:
                    self.fault(f"seal {number + 1}", "算法改变而没有相符的重新锚定 / the algorithm changes with no re-anchoring that fits")
        if self.seals and self.eras[self.seals[-1][0]] != self.algorithm:
            self.fault("journal.jsonl", "算法与最后的封印不同 / has another algorithm than its last seal")
        for number in self.trees:
            self.fault(f"seal {number}", "不在 / is not there")
        if self.files.data("organisation.jsonl").splitlines() != self.organisation:
            self.fault("organisation.jsonl", "与日志不符 / differs from the journal")
        for name in sorted(n for n in self.files.names() if n.startswith("checkpoints/")):
            self.note(name, self.files.data(name))

    def note(self, where: str, data: bytes) -> None:
        """A checkpoint as a note (C2SP tlog-checkpoint with one extension line)."""
        _, size, root, heads = data.decode().rpartition("\n\n")[0].split("\n")
        number, algorithm = int(size), self.eras.get(int(size), self.algorithm)
        kept = Tree(algorithm, [seal for _, seal, _ in self.seals[:number]])
        if number > len(self.seals):
            self.fault(where, f"有 {number} 个封印 / knows of {number} seals")
        elif base64.b64decode(root).hex() != kept.root().partition(":")[2]:
            self.fault(where, "封印不同 / other seals are there")
        else:
            leaves = []
            for case, rows in self.sealed.items():
                if mine := [row for row in rows if row[1] <= number]:
                    name = digest(algorithm, f"duban-case-1\n{self.chains[case][0]}\n".encode() + canonical(case))
                    leaves.append((name, mine[-1][0], mine[-1][2]))
            tree = Tree(algorithm, [canonical(list(leaf)) for leaf in sorted(leaves)])
            if heads != f"heads {tree.count} {tree.root()}":
                self.fault(where, "各案件的末条记录不同 / the last entries of the cases are others")

    def held(self, text: str) -> None:
        """A checkpoint that was kept elsewhere."""
        number, _, told = text.partition(":")
        if not (number.isdecimal() and told):
            self.note(text, Path(text).read_bytes())
        elif (int(number), told) not in [(n, found) for n, _, found in self.seals]:
            self.fault(f"seal {number}", "与检查点不同或不在 / is not that of the checkpoint, or gone")


def main(words: list[str]) -> int:
    points = [words[i + 1] for i, word in enumerate(words[:-1]) if word == "--checkpoint"]
    paths = [w for i, w in enumerate(words) if w != "--checkpoint" and (i == 0 or words[i - 1] != "--checkpoint")]
    try:
        check = Check(Files(Path(paths[0]) if paths else Path(__file__).resolve().parent))
        for step in (check.manifest, check.journal, check.rest):
            step()
        for point in points:
            check.held(point)
    except (NoBundle, OSError, KeyError, IndexError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        print(f"不是卷宗 / this is no bundle: {error}")
        return 2
    except (ValueError, TypeError, AttributeError) as error:
        if "unsupported hash" in str(error):
            print("本机没有 SM3,无法核验 / SM3 is not to be had here, nothing was checked")
            return 3
        check.fault("bundle", f"无法读取 / cannot be read ({error})")
    for fault in check.faults:
        print(f"✗ {fault}")
    count = sum(n for _, n, _ in check.chains.values())
    if not check.faults:
        print(f"✓ 完整:{len(check.chains)} 条链,{count} 条记录,{len(check.seals)} 个封印")
        print(f"✓ whole: {len(check.chains)} chains, {count} entries, {len(check.seals)} seals")
    print("签名未核验;可删除部分不在其中 / signature not checked; erasable parts are not in a bundle")
    if not points:
        print("没有给出检查点:整体重写不能发现 / no checkpoint given: a rewrite of everything cannot be seen")
    return 6 if check.faults else 0


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    sys.exit(main(sys.argv[1:]))
