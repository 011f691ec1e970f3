"""A folder or a ``.zip`` of files with a manifest of their digests: what a bundle for an auditor is put in.

Only names that are asked for are opened and nothing is unpacked, so a hostile archive has no path to write to. The same files give the
same bytes: their dates are that of the format, not of the day. ``docs/reference/journal.md`` lists the files.
"""

from __future__ import annotations

import hashlib
import io
import os
import secrets
import shutil
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, TextIO

from adapters.files import FULL
from workflow.errors import BadInput, IntegrityError, StoreUnavailable
from workflow.journal.canonical import Json, canonical, parse_canonical
from workflow.journal.chain import Finding
from workflow.text import Text

FORMAT = "duban-bundle-1"
JOURNAL, MANIFEST = "journal.jsonl", "manifest.json"
_DAMAGED = (zipfile.BadZipFile, EOFError, zlib.error)
_BLOCK = 1 << 20
_MOST = 16_000_000
"""Bytes of the longest manifest that is read."""


def is_archive(path: Path) -> bool:
    """Whether it is a folder or a ``.zip``, and not a single file of an export."""
    return path.is_dir() or (path.is_file() and zipfile.is_zipfile(path))


@contextmanager
def journal(path: Path) -> Iterator[TextIO]:
    """The text of the journal in an archive, or of an export by itself. Raises :class:`~workflow.errors.BadInput` where there is none."""
    if not is_archive(path):
        with path.open(encoding="utf-8", newline="") as file:
            yield file
        return
    with _opened(path, JOURNAL) as raw, io.TextIOWrapper(raw, encoding="utf-8", newline="") as text:
        try:
            yield text
        except _DAMAGED:
            raise _broken(path) from None


def findings(path: Path) -> list[Finding]:
    """What the files of an archive have against its manifest: code ``manifest``. Raises :class:`~workflow.errors.BadInput`."""
    if not is_archive(path):
        return []
    try:
        with _opened(path, MANIFEST) as file:
            manifest: Any = parse_canonical(file.read(_MOST).removesuffix(b"\n"))
        if manifest["format"] != FORMAT or not all(type(told) is str for told in manifest["files"].values()):
            raise ValueError("another format")
        listed: dict[str, str] = manifest["files"]
    except (IntegrityError, ValueError, KeyError, TypeError, AttributeError, *_DAMAGED):
        raise _broken(path) from None
    there = set(_names(path))
    found = [Finding("manifest", name, 0, Text("文件不见了", "the file is gone")) for name in sorted(set(listed) - there)]
    for name in sorted(there & set(listed)):
        if _digest(path, name) != listed[name]:
            found.append(Finding("manifest", name, 0, Text("与清单的摘要不符", "it does not have the digest of the manifest")))
        elif name.startswith(("definitions/", "calendars/")) and f"sha256:{Path(name).stem}" != listed[name]:
            found.append(Finding("manifest", name, 0, Text("与文件名的摘要不符", "it does not have the digest of its name")))
    for name in sorted(there - set(listed) - {MANIFEST}):
        found.append(Finding("manifest", name, 0, Text("清单里没有此文件", "the manifest does not list it")))
    return found


def write(path: Path, files: Iterable[tuple[str, Iterable[bytes]]], head: Mapping[str, Json]) -> None:
    """Write files and their manifest, to a ``.zip`` or, under any other name, to a folder: beside it first, and put in place when whole.

    Raises :class:`~workflow.errors.BadInput` where nothing can be written or a folder is there already, and
    :class:`~workflow.errors.StoreUnavailable` for a full disk.
    """
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        try:
            if path.suffix == ".zip":
                with zipfile.ZipFile(beside, "x", zipfile.ZIP_DEFLATED) as into:
                    _fill(files, head, lambda name: into.open(_member(name), "w", force_zip64=True))
            else:
                beside.mkdir()
                _fill(files, head, lambda name: _below(beside, name))
            os.replace(beside, path)
        finally:
            if beside.is_dir():
                shutil.rmtree(beside)
            else:
                beside.unlink(missing_ok=True)
    except OSError as error:
        kind = StoreUnavailable if error.errno in FULL else BadInput
        raise kind(Text(f"不能写入:{error.strerror}", f"cannot write: {error.strerror}"), where=str(path)) from None


def _fill(files: Iterable[tuple[str, Iterable[bytes]]], head: Mapping[str, Json], create: Any) -> None:
    digests: dict[str, Json] = {}
    for name, chunks in files:
        found = hashlib.sha256()
        with create(name) as file:
            for chunk in chunks:
                found.update(chunk)
                file.write(chunk)
        digests[name] = f"sha256:{found.hexdigest()}"
    with create(MANIFEST) as file:
        file.write(canonical({**head, "format": FORMAT, "files": digests}) + b"\n")


def _member(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name)
    member.compress_type = zipfile.ZIP_DEFLATED
    member.external_attr = 0o644 << 16
    return member


def _below(folder: Path, name: str) -> IO[bytes]:
    place = folder / name
    place.parent.mkdir(exist_ok=True)
    return place.open("xb")


def _names(path: Path) -> list[str]:
    if path.is_dir():
        return [p.relative_to(path).as_posix() for p in path.rglob("*") if p.is_file() and "__pycache__" not in p.parts]
    with zipfile.ZipFile(path) as file:
        return [i.filename for i in file.infolist() if not i.is_dir()]


@contextmanager
def _opened(path: Path, name: str) -> Iterator[IO[bytes]]:
    try:
        if path.is_dir():
            with (path / name).open("rb") as file:
                yield file
        else:
            with zipfile.ZipFile(path) as whole, whole.open(name) as member:
                yield member
    except (FileNotFoundError, KeyError):
        raise BadInput(Text(f"卷宗里没有 {name}", f"the bundle has no {name}"), where=str(path)) from None
    except (RuntimeError, zipfile.BadZipFile):  # damaged, encrypted, or packed in a way that this Python does not know
        raise _broken(path) from None


def _digest(path: Path, name: str) -> str:
    found = hashlib.sha256()
    try:
        with _opened(path, name) as file:
            while block := file.read(_BLOCK):
                found.update(block)
    except _DAMAGED:
        return ""
    return f"sha256:{found.hexdigest()}"


def _broken(path: Path) -> BadInput:
    return BadInput(
        Text("不是卷宗,或已损坏", "this is no bundle, or it is damaged"),
        where=str(path),
        hint=Text("照原样给出 duban audit bundle 写的文件或文件夹", "give the file or folder as duban audit bundle wrote it"),
    )
