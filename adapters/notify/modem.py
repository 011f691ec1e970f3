"""SMS through a GSM modem on a serial line (短信猫): AT commands in PDU mode, so that it works without any network but the telephone's."""

from __future__ import annotations

import re
from time import monotonic
from typing import Any
from zlib import crc32

from pydantic import Field

from adapters.notify.deadline import Point, within
from adapters.notify.kind import Given, Kind, Options
from adapters.notify.pdu import parts, submit
from adapters.notify.web import one_of_many
from adapters.notify.wording import whole
from workflow.letter import Accepted, Letter, Rejected, Result, Throttled, Unknown

FOR_GOOD = {1, 8, 10, 28, 29, 30, 50, 69, 81, 95, 96, 97, 98, 99, 111, 304, 305}
"""Codes of ``+CMS ERROR`` after which trying again is of no use: unassigned number, barred, facility not there, invalid message."""
IN_DOUBT = {332, 500}
"""Network timeout, unknown error: the network may have it."""
CROWDED = {42}
_PHONE = re.compile(r"\+?\d{3,20}", re.ASCII)
_END = re.compile(rb"(?:^|[\r\n])(OK|ERROR|\+CM[SE] ERROR: ?[^\r\n]*)\r?\n")


class Modem(Options):
    device: str = Field(min_length=1, description="the serial line: /dev/ttyUSB0, COM3")
    baud: int = Field(default=115_200, ge=300, le=4_000_000, description="bits a second")
    pin_file: str = Field(default="", description="file with the PIN of the card, where it asks for one")
    centre: str = Field(default="", pattern=r"^(\+?\d{3,20})?$", description="number of the service centre; empty: that of the card")
    parts: int = Field(default=4, ge=1, le=10, description="messages that a long letter may be split into; what is longer is cut")
    rate: int = Field(default=10, ge=0, le=1_000, description="letters a minute at most")
    timeout: float = Field(default=60, gt=0, le=120, description="seconds for the whole of sending one letter")


class _Refused(Exception):
    """The modem, or the network behind it, said no."""

    def __init__(self, result: Result) -> None:
        super().__init__(str(result))
        self.result = result


class ModemNotifier:
    """The line is opened for each letter, so that a modem that was pulled out and put in again is found."""

    def __init__(self, options: Modem, pin: str | None, serial: Any) -> None:
        self._options, self._pin, self._serial = options, pin, serial
        self._pin_refused = False

    def send(self, letter: Letter) -> Result:
        to = re.sub(r"[\s()-]", "", letter.to)
        if not _PHONE.fullmatch(to):
            return Rejected("bad_address", "not a telephone number")
        sent = Point()
        try:
            return within(self._options.timeout, lambda: self._send(to, letter, sent), sent.give_up)
        except _Refused as refused:
            return refused.result
        except Exception as error:  # whatever the line does: `termios.error` is no OSError, and is not known everywhere
            said = f"{type(error).__name__}: {error}"
            return Unknown(said) if sent.passed else Rejected("device", said, permanent=False)

    def close(self) -> None:
        """Nothing is open between two letters."""

    def _send(self, to: str, letter: Letter, sent: Point) -> Result:
        o = self._options
        with self._serial.Serial(o.device, o.baud, timeout=0.1, write_timeout=5, exclusive=True) as port:
            line = _Line(port, monotonic() + 0.9 * o.timeout)
            self._prepare(line)
            pieces = parts(whole(letter) or " ", o.parts)
            results: list[Result] = []
            for number, piece in enumerate(pieces, 1):
                pdu, length = submit(to, piece, number, len(pieces), crc32(letter.id.encode()) & 0xFF, o.centre)
                results.append(_hand_over(line, pdu, length, sent))
                if not isinstance(results[-1], Accepted):
                    return one_of_many(results)
            return Accepted(",".join(r.id for r in results if isinstance(r, Accepted)))

    def _prepare(self, line: _Line) -> None:
        line.write(b"\x1b")  # out of a prompt that somebody left open
        for last in (False, False, True):
            end, _ = line.ask("AT", 2)
            if end == b"OK":
                break
            if last:
                raise _Refused(Rejected("modem", "it does not answer", permanent=False))
        line.ask("ATE0", 2)
        line.ask("AT+CMEE=1", 2)
        self._unlock(line)
        self._registered(line)
        if line.ask("AT+CMGF=0", 5)[0] != b"OK":
            raise _Refused(Rejected("modem", "it knows no PDU mode"))

    def _unlock(self, line: _Line) -> None:
        _, said = line.ask("AT+CPIN?", 10)
        if b"SIM PIN" in said and b"SIM PIN2" not in said:
            if self._pin is None or self._pin_refused:
                why = "the PIN was refused, and is not tried again" if self._pin_refused else "the card asks for a PIN"
                raise _Refused(Rejected("sim", why, permanent=False))
            if line.ask(f"AT+CPIN={self._pin}", 15)[0] != b"OK":
                self._pin_refused = True  # three wrong ones lock the card
                raise _Refused(Rejected("sim", "the PIN is refused", permanent=False))
        elif b"+CPIN:" in said and b"READY" not in said:
            raise _Refused(Rejected("sim", said.decode("ascii", "replace").strip(), permanent=False))
        elif b"+CME ERROR" in said or b"+CMS ERROR" in said:
            raise _Refused(Rejected("sim", "there is no card, or it is not ready", permanent=False))

    def _registered(self, line: _Line) -> None:
        """Wait a little for the network. A modem that knows none of the questions is believed to be in one."""
        until = monotonic() + min(20.0, self._options.timeout / 3)
        while True:
            known = [re.search(rb"\+CE?REG: ?\d+,(\d+)", line.ask(question, 5)[1]) for question in ("AT+CREG?", "AT+CEREG?")]
            states = {int(found[1]) for found in known if found}
            if not states or states & {1, 5}:
                return
            if monotonic() > until or states == {3}:
                raise _Refused(Rejected("network", "not registered in a network", permanent=False))
            line.idle(0.5)


class _Line:
    def __init__(self, port: Any, until: float) -> None:
        self._port, self._until = port, until

    def write(self, data: bytes) -> None:
        self._port.write(data)
        self._port.flush()

    def idle(self, seconds: float) -> None:
        until = monotonic() + seconds
        while monotonic() < until:
            self._port.read(64)

    def ask(self, command: str, seconds: float) -> tuple[bytes, bytes]:
        """How the answer ended (``OK``, ``ERROR``, ``+CMS ERROR: 38``; empty when it did not), and everything that was said."""
        self._port.reset_input_buffer()
        self.write(f"{command}\r".encode("ascii", "replace"))
        return self.end(seconds)

    def end(self, seconds: float) -> tuple[bytes, bytes]:
        until, said = min(self._until, monotonic() + seconds), b""
        while monotonic() < until and len(said) < 100_000:
            said += self._port.read(max(1, self._port.in_waiting))
            if found := _END.search(said):
                return found[1].strip(), said
        return b"", said

    def prompt(self, seconds: float) -> tuple[bool, bytes, bytes]:
        """Whether the modem waits for the message; otherwise how it ended, and what was said."""
        until, said = min(self._until, monotonic() + seconds), b""
        while monotonic() < until and len(said) < 100_000:
            said += self._port.read(max(1, self._port.in_waiting))
            if re.search(rb"(?:^|[\r\n])> ?$", said):
                return True, b"", said
            if found := _END.search(said):
                return False, found[1].strip(), said
        return False, b"", said

    @property
    def left(self) -> float:
        return self._until - monotonic()


def _hand_over(line: _Line, pdu: str, length: int, sent: Point) -> Result:
    line._port.reset_input_buffer()
    line.write(f"AT+CMGS={length}\r".encode())
    ready, end, _ = line.prompt(10)
    if not ready:
        line.write(b"\x1b")
        return _no(end) if end else Rejected("modem", "it does not ask for the message", permanent=False)
    sent.go_past()
    line.write(pdu.encode("ascii") + b"\x1a")
    end, said = line.end(line.left)
    if end == b"OK":
        found = re.search(rb"\+CMGS: ?(\d+)", said)
        return Accepted(found[1].decode() if found else "")
    return _no(end) if end else Unknown("the modem took the message and says nothing of it")


def _no(end: bytes) -> Result:
    found = re.search(rb"\+CMS ERROR: ?(\d+)", end)
    if not found:
        return Rejected("modem", end.decode("ascii", "replace"), permanent=False)
    code = int(found[1][:6])
    if code in IN_DOUBT:
        return Unknown(f"+CMS ERROR: {code}")
    if code in CROWDED:
        return Throttled(60, f"cms{code}", "the network is crowded")
    return Rejected(f"cms{code}", f"+CMS ERROR: {code}", permanent=code in FOR_GOOD)


def _make(options: Modem, given: Given) -> ModemNotifier:
    try:
        import serial
    except ImportError:
        raise given.missing("modem", "pyserial") from None
    return ModemNotifier(options, given.secret("pin"), serial)


SMS_MODEM = Kind("sms-modem", Modem, _make, needs="phone", secrets=("pin",))
