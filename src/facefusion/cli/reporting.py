"""What a run tells while it works: a live line, plain lines, events, or nothing."""

from __future__ import annotations

import json
import shutil
import sys
import time
from typing import Any, Literal, TextIO

from facefusion.core import ProgressEvent

Mode = Literal["live", "plain", "quiet", "json"]
_LIVE_SECONDS, _PLAIN_SECONDS, _EVENT_SECONDS = 0.1, 10.0, 0.5


def choose_mode(*, quiet: bool, as_json: bool, stream: TextIO) -> Mode:
    """The way to report: what was asked for, else a live line on a terminal and plain lines elsewhere."""
    if as_json:
        return "json"
    if quiet:
        return "quiet"
    return "live" if stream.isatty() else "plain"


def duration_text(seconds: float) -> str:
    """`1:02:03`, `2:03` or `0:03`."""
    whole = round(max(seconds, 0.0))
    hours, minutes = whole // 3600, whole % 3600 // 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def progress_text(event: ProgressEvent) -> str:
    """One line: phase, frames done, frames a second, time left, faces found."""
    parts = [event.phase, f"{event.done}/{event.total} frames" if event.total else f"{event.done} frames"]
    if event.done:
        parts.append(f"{event.per_second:.1f} frames/s")
    if event.seconds_left is not None:
        parts.append(f"{duration_text(event.seconds_left)} left")
    parts.append(f"{event.faces} face{'' if event.faces == 1 else 's'}")
    return "  ".join(parts)


class Reporter:
    """Listens to a run. Errors and warnings go to `errors` (stderr); events of the mode json go to `out` (stdout)."""

    def __init__(self, mode: Mode, *, out: TextIO | None = None, errors: TextIO | None = None) -> None:
        self.mode = mode
        self._out, self._errors = out or sys.stdout, errors or sys.stderr
        self._phase, self._told, self._live = "", 0.0, False
        self._warned: set[str] = set()

    def __call__(self, event: ProgressEvent) -> None:
        """The listener of a `Progress`."""
        if event.message:
            self.warning(event.message)
            return
        new_phase = event.phase != self._phase
        finished = bool(event.total) and event.done >= event.total
        pause = {"live": _LIVE_SECONDS, "plain": _PLAIN_SECONDS, "json": _EVENT_SECONDS, "quiet": 0.0}[self.mode]
        if not new_phase and not finished and time.monotonic() - self._told < pause:
            return
        self._phase, self._told = event.phase, time.monotonic()
        self._tell(event, new_phase)

    def warning(self, text: str) -> None:
        """A line that the user should read even in the quiet mode; once is enough."""
        if text in self._warned:
            return
        self._warned.add(text)
        if self.mode == "json":
            self.event("warning", message=text)
        else:
            self.clear()
            print(f"facefusion: {text}", file=self._errors, flush=True)

    def say(self, text: str) -> None:
        """A line for people, left out where only events or nothing is wanted."""
        if self.mode in ("live", "plain"):
            self.clear()
            print(text, file=self._errors, flush=True)

    def passing(self, text: str, *, last: bool = False) -> None:
        """A line for people: on a terminal the next one replaces it; elsewhere only now and then, and the last."""
        now = time.monotonic()
        if not last and now - self._told < {"live": _LIVE_SECONDS}.get(self.mode, _PLAIN_SECONDS):
            return
        if self.mode in ("live", "plain"):
            self._told = now
            self._line(text)

    def passing_event(self, name: str, *, last: bool = False, **fields: Any) -> None:
        """As `event`, now and then, and the last."""
        if self.mode == "json" and (last or time.monotonic() - self._told >= _EVENT_SECONDS):
            self._told = time.monotonic()
            self.event(name, **fields)

    def event(self, name: str, **fields: Any) -> None:
        """One JSON line on stdout, in the mode json only."""
        if self.mode == "json":
            print(json.dumps({"event": name, **fields}), file=self._out, flush=True)

    def clear(self) -> None:
        """Take the live line away, so that another line can be written."""
        if self._live:
            width = shutil.get_terminal_size().columns
            print("\r" + " " * (width - 1) + "\r", end="", file=self._errors, flush=True)
            self._live = False

    def _tell(self, event: ProgressEvent, new_phase: bool) -> None:
        if self.mode == "json":
            if new_phase:
                self.event("phase", phase=event.phase, total=event.total)
            left = event.seconds_left
            self.event(
                "progress",
                phase=event.phase,
                done=event.done,
                total=event.total,
                faces=event.faces,
                frames_per_second=round(event.per_second, 2),
                seconds_left=None if left is None else round(left, 1),
            )
        elif self.mode in ("live", "plain"):
            self._line(progress_text(event))

    def _line(self, text: str) -> None:
        if self.mode == "plain":
            print(text, file=self._errors, flush=True)
            return
        width = shutil.get_terminal_size().columns
        print("\r" + text[: width - 1].ljust(width - 1), end="", file=self._errors, flush=True)
        self._live = True
