"""A run that was killed after its output had appeared, and before its work was removed: nothing is left to do."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from facefusion.core import Analysis, Progress
from facefusion.media import MediaReader
from facefusion.pipeline.anonymity import Anonymity
from facefusion.pipeline.anonymity_report import report_path
from facefusion.pipeline.fingerprint import content_digest, edited_digest, request_key
from facefusion.pipeline.plan import Plan
from facefusion.pipeline.report import RunReport
from facefusion.pipeline.workfolder import Known, WorkFolder, clear_remains, known_work


def remember(work: WorkFolder, complete: Path, report: RunReport, analysis: Analysis | None) -> None:
    """Note what a run is about to let appear. analysis: that it was given. Raises DiskFull, OutputFailed."""
    work.remember(complete, {"analysis": _digest_of(analysis), "report": report.as_dict()})


def finished_before(
    plan: Plan, reader: MediaReader, progress: Progress, *, created: datetime | None, analysis: Analysis | None
) -> RunReport | None:
    """What a killed run of this request has reported, when the output is the very file it made; its work is removed.

    None when there is something to do, or when the output is somebody else's; nothing is touched then.
    Raises OutputFailed when another run holds the work.
    """
    begun = time.monotonic()
    clear_remains(plan.output)
    known = known_work(plan.output)
    if known is None or known.finished is None or created not in (None, known.created):
        return None
    if not _is_output_of(known, plan) or known.finished.get("analysis") != _digest_of(analysis):
        return None
    key = request_key(plan, reader)
    if known.key != key:
        return None
    report = _report(plan, known.finished, time.monotonic() - begun)
    if report is None:
        return None
    with WorkFolder(plan.output, key, created=created, keep=plan.job.keep_work, say=progress.say) as work:
        if work.known != known:
            return None
        work.is_done = True
    return report


def _is_output_of(known: Known, plan: Plan) -> bool:
    assert known.finished is not None
    return plan.output.is_file() and content_digest(plan.output) == known.finished.get("digest")


def _report(plan: Plan, finished: Mapping[str, Any], seconds: float) -> RunReport | None:
    try:
        hidden = Anonymity.read(report_path(plan)) if plan.hides_people else None
        return RunReport.again(plan, finished["report"], seconds=seconds, anonymity=hidden)
    except (KeyError, TypeError, ValueError):  # a stray hand: made again, or refused
        return None


def _digest_of(analysis: Analysis | None) -> str:
    return "" if analysis is None else edited_digest(analysis)
