"""What the audit log is told of a run: that it began, and how it ended. Before anything is reported done."""

from __future__ import annotations

import getpass
import hashlib
import platform
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from facefusion import __version__
from facefusion.errors import Cancelled, FaceFusionError, RefusedByPolicy
from facefusion.pipeline.marking import Marking
from facefusion.pipeline.plan import Plan
from facefusion.provenance.audit.log import AuditLog
from facefusion.provenance.canonical import told_name
from facefusion.provenance.manifest.claim import Claim, Digest
from facefusion.provenance.policy import Decision

MOST_LISTED = 32
"""Files that are named one by one; of more, one digest over all of theirs."""


@dataclass(frozen=True, slots=True)
class RunAudit:
    """The log's side of one run. It says digests; names of files only where the plan allows them."""

    plan: Plan
    log: AuditLog
    _known: dict[str, Any] = field(default_factory=dict)

    @staticmethod
    def of(plan: Plan) -> RunAudit:
        """Raises UsageError, OutputFailed and DiskFull when nothing can be written down."""
        log = AuditLog.at(plan.audit.audit_file or None)
        log.check_writable()
        return RunAudit(plan, log)

    @contextmanager
    def telling(self) -> Iterator[RunAudit]:
        """Around a run: writes down a refusal, and how a run that had begun ended without a result."""
        try:
            yield self
        except RefusedByPolicy as error:
            self._write("refused", decision=error.decision, reason=str(error))
            raise
        except (Cancelled, KeyboardInterrupt):
            self._ended("cancelled")
            raise
        except FaceFusionError as error:  # its text would name files
            self._ended("failed", error=type(error).__name__)
            raise

    def begun(self, marking: Marking) -> None:
        """The inputs are there and the output can be made; work begins."""
        claim = marking.claim()
        self._known["asset"] = claim.asset
        self._known.update({"sources": self._went_in(claim, "source"), "targets": self._went_in(claim, "target")})
        self._write("begun", models={model.name: model.sha256 for model in claim.models})

    def done(self, marking: Marking, decision: Decision) -> None:
        """The output is there, whole and marked."""
        made = [(one.digest, self.plan.output.with_name(one.name)) for one in marking.outputs]
        self._write("done", outputs=self._files(made), decision=decision.as_dict())

    def found(self) -> None:
        """A run before had finished, and was killed before it could say so."""
        self._write("done", outputs=self._files([(Digest.of(self.plan.output), self.plan.output)]), found=True)

    def _ended(self, how: str, **more: Any) -> None:
        if self._known:
            self._write(how, **more)

    def _write(self, what: str, **more: Any) -> None:
        who = {"who": _user(), "machine": platform.node(), "software": f"facefusion {__version__}"}
        operations = [entry.name for entry in self.plan.entries]
        self.log.append({"what": what, "operations": operations, **who, **self._known, **more})

    def _went_in(self, claim: Claim, role: str) -> list[dict[str, Any]]:
        return self._files([(one.digest, one.path) for one in claim.ingredients if one.role == role])

    def _files(self, files: Sequence[tuple[Digest, Path | None]]) -> list[dict[str, Any]]:
        if len(files) > MOST_LISTED:
            whole = hashlib.sha256("\n".join(digest.sha256 for digest, _ in files).encode()).hexdigest()
            return [{"files": len(files), "sha256": whole}]
        return [{"sha256": digest.sha256, **self._name(path)} for digest, path in files]

    def _name(self, path: Path | None) -> Mapping[str, str]:
        """The name of a file, where the log may hold it."""
        settings = self.plan.audit
        if path is None or settings.audit_names == "none":
            return {}
        whole, project = path.resolve(), Path(settings.audit_project or ".").resolve()
        if whole.is_relative_to(project):
            return {"name": told_name(whole.relative_to(project).as_posix())}
        return {"name": told_name(str(whole))} if settings.audit_names == "all" else {}


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # an account without a name
        return "unknown"
