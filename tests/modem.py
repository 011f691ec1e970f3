"""A GSM modem on a pseudo-terminal: it speaks AT, takes messages in PDU mode, decodes them by itself, and fails when it is told to."""

from __future__ import annotations

import os
import re
import select
import threading
import tty
from dataclasses import dataclass, field


@dataclass
class Message:
    to: str
    text: str


@dataclass
class Modem:
    """``answers`` replaces the answer to a command (by its beginning, ``PDU`` for a message): text, ``hang``, or ``gone`` (unplugged).

    A list is used up one by one, and then the usual answer is given again.
    """

    answers: dict[str, str | list[str]] = field(default_factory=dict)
    pin: str = ""
    chatter: bool = False
    """It says things that nobody asked for, between and within answers."""
    pdus: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    pins: list[str] = field(default_factory=list)
    reference: int = 40

    def __enter__(self) -> Modem:
        self._ours, theirs = os.openpty()
        tty.setraw(theirs)
        self.device = os.ttyname(theirs)
        self._theirs: int | None = theirs
        self._over = threading.Event()
        self._echo = True
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(timeout=5)
        os.close(self._ours)
        if self._theirs is not None:
            os.close(self._theirs)

    def messages(self) -> list[Message]:
        """The messages that arrived, put together from their parts as a telephone does it."""
        whole: list[Message] = []
        waiting: dict[tuple[str, int], dict[int, str]] = {}
        for pdu in self.pdus:
            to, text, place = decoded(pdu)
            if place is None:
                whole.append(Message(to, text))
                continue
            reference, of, number = place
            found = waiting.setdefault((to, reference), {})
            found[number] = text
            if len(found) == of:
                del waiting[(to, reference)]
                whole.append(Message(to, "".join(found[n] for n in range(1, of + 1))))
        return whole

    def _serve(self) -> None:
        pending, wants_pdu = b"", False
        while not self._over.is_set():
            if not select.select([self._ours], [], [], 0.02)[0]:
                continue
            try:
                got = os.read(self._ours, 4096)
            except OSError:
                continue
            pending += got
            while True:
                if pending.startswith(b"\x1b"):
                    pending, wants_pdu = pending[1:], False
                end = re.search(rb"\x1a" if wants_pdu else rb"\r", pending)
                if end is None:
                    break
                said, pending = pending[: end.start()].decode("ascii"), pending[end.end() :]
                if wants_pdu:
                    wants_pdu = False
                    self._answer("PDU", said)
                else:
                    self.commands.append(said)
                    if self._echo:
                        self._say(said + "\r")
                    wants_pdu = self._answer(said, said)

    def _say(self, text: str) -> None:
        os.write(self._ours, text.encode("ascii"))

    def _answer(self, command: str, said: str) -> bool:
        """Whether a message is to follow."""
        planned = next((a for key, a in self.answers.items() if command.startswith(key)), None)
        if isinstance(planned, list):
            planned = planned.pop(0) if planned else None
        if planned == "hang":
            return False
        if planned == "gone":
            if self._theirs is not None:
                os.close(self._theirs)
                self._theirs = None
            os.close(self._ours)
            self._ours = os.open(os.devnull, os.O_RDWR)
            self._over.set()
            return False
        if self.chatter:
            self._say('\r\n+CMTI: "SM",3\r\n')
        if planned is not None:
            self._say(f"\r\n{planned}\r\n")
            return False
        if command.startswith("AT+CMGS="):
            self._length = int(command.partition("=")[2])
            self._say("\r\n> ")
            return True
        self._say(self._usual(command, said))
        return False

    def _usual(self, command: str, said: str) -> str:
        if command == "PDU":
            smsc = int(said[:2], 16)
            if len(said) // 2 - 1 - smsc != self._length:
                return "\r\n+CMS ERROR: 304\r\n"
            self.pdus.append(said)
            self.reference += 1
            return f"\r\n+CMGS: {self.reference}\r\n\r\nOK\r\n"
        if command == "ATE0":
            self._echo = False
        if command == "AT+CPIN?":
            return f"\r\n+CPIN: {'SIM PIN' if self.pin else 'READY'}\r\n\r\nOK\r\n"
        if command.startswith("AT+CPIN="):
            self.pins.append(command.partition("=")[2])
            if self.pins[-1] != self.pin:
                return "\r\n+CME ERROR: 16\r\n"
            self.pin = ""
        if command == "AT+CREG?":
            return "\r\n+CREG: 0,1\r\n\r\nOK\r\n"
        if command == "AT+CEREG?":
            return "\r\n+CME ERROR: 100\r\n"
        return "\r\nOK\r\n"


def decoded(pdu: str) -> tuple[str, str, tuple[int, int, int] | None]:
    """A message in hexadecimal: to whom, its text, and (reference, parts, number) of one in parts. By position, from the standard."""
    octets = [int(pdu[i : i + 2], 16) for i in range(0, len(pdu), 2)]
    octets = octets[1 + octets[0] :]
    first, _, digits, kind = octets[:4]
    assert first & 0b11 == 0b01 and first >> 3 & 0b11 == 0b10, "a submit with a relative validity"
    count = (digits + 1) // 2
    number = "".join(f"{o & 15:x}{o >> 4:x}" for o in octets[4 : 4 + count])[:digits]
    rest = octets[4 + count :]
    assert rest[0] == 0 and rest[1] == 8, "no protocol, UCS-2"
    length, data = rest[3], rest[4:]
    assert length == len(data) <= 140
    place = None
    if first & 0x40:
        assert data[:3] == [5, 0, 3]
        place = (data[3], data[4], data[5])
        data = data[6:]
    return ("+" if kind == 0x91 else "") + number, bytes(data).decode("utf-16-be"), place
