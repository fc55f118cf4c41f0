"""What is done for each kind of task, with the real engine. Results are plain values that name what was handed over."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Protocol

from facefusion.core import Analysis, Frame, Progress, Segment
from facefusion.errors import FaceFusionError
from facefusion.jobs.bundle import Bundle
from facefusion.jobs.thumbnails import write_thumbnail
from facefusion.jobs.workplace import Workplace
from facefusion.pipeline.analysis_cache import AnalysisCache
from facefusion.pipeline.analysis_file import read_analysis, write_analysis
from facefusion.pipeline.plan import Plan
from facefusion.pipeline.shared_run import SharedRun

Result = Mapping[str, Any]
Show = Callable[[Path, int], None]
"""Is handed a small picture of a finished frame, and the frame's number."""


class Executor(Protocol):
    """What does the work of a task."""

    def execute(self, bundle: Bundle, progress: Progress, show: Show) -> Result:
        """Raises the errors of `facefusion.errors`, and StorageDown."""
        ...


class EngineExecutor:
    """The real one. threads: of one worker. Keeps the job that it prepared last, for its next segment."""

    def __init__(self, workplace: Workplace, *, threads: int = 1, secret: bytes = b"") -> None:
        self.workplace, self.threads, self._secret = workplace, threads, secret
        self._warm = _Warm()

    def execute(self, bundle: Bundle, progress: Progress, show: Show) -> Result:
        from facefusion.jobs import side_tasks

        self.workplace.enter_project(bundle, opened_keys(bundle, self._secret))
        does: Mapping[str, Callable[[Bundle, Path, Progress, Show], Result]] = {
            "analyse": self._analyse,
            "segment": self._segment,
            "deliver": self._deliver,
            "whole": self._whole,
        }
        with self.workplace.desk(bundle) as desk:
            if bundle.kind in does:
                return does[bundle.kind](bundle, desk, progress, show)
            return side_tasks.done(self, bundle, desk, progress)

    def close(self) -> None:
        """Let the job go that was kept for its next segment."""
        self._warm.close()

    def plan_of(self, bundle: Bundle, output: Path) -> Plan:
        """The plan of a job over the files of this machine."""
        server = {**bundle.server, "threads": self.threads, "workers": 1}
        return bundle.request.plan(self.workplace.inputs(bundle), output, server)

    @property
    def cache(self) -> AnalysisCache:
        """Analyses of clips that were seen here before."""
        return AnalysisCache(self.workplace.folder / "analyses")

    def analysis_of(self, bundle: Bundle) -> Analysis:
        """What was measured for the job, with its edits."""
        return read_analysis(self.workplace.fetched(bundle.analysis_key))

    def _analyse(self, bundle: Bundle, desk: Path, progress: Progress, show: Show) -> Result:
        from facefusion.jobs.edits import with_edits
        from facefusion.pipeline.shared_run import is_clip, measured, outlined

        plan = self.plan_of(bundle, desk / output_name(bundle))
        if not is_clip(plan):
            return {"frames": outlined(plan, None).num_frames, "segments": []}
        files = self.workplace.inputs(bundle)
        analysis = with_edits(measured(plan, progress, cache=self.cache), bundle, files)
        outline = outlined(plan, analysis)
        file = desk / "clip.ffa"
        write_analysis(file, analysis)
        stored = self.workplace.hand_over(bundle, file, "clip.ffa")
        return {
            "analysis_key": stored["key"],
            "request_key": outline.request_key,
            "frames": outline.num_frames,
            "segments": [[one.start, one.stop] for one in outline.segments],
            "kept": self._kept(bundle, plan, analysis, progress),
        }

    def _kept(self, bundle: Bundle, plan: Plan, analysis: Analysis, progress: Progress) -> dict[str, Any]:
        """Segments of the version before that look the same in this one."""
        if not bundle.parents:
            return {}
        with SharedRun.opened(plan, analysis, progress, created=bundle.created) as shared:
            known = {
                (one["start"], one["stop"], one.get("recipe"), one.get("request_key")): one for one in bundle.parents
            }
            kept = {}
            for place, segment in enumerate(shared.outline.segments):
                asked = (segment.start, segment.stop, shared.recipe(segment), shared.outline.request_key)
                if asked in known:
                    kept[str(place)] = {**known[asked], "kept": True}
            return kept

    def _segment(self, bundle: Bundle, desk: Path, progress: Progress, show: Show) -> Result:
        shared = self._warm.get(bundle, lambda: self._opened(bundle, progress))
        if shared.outline.request_key != bundle.request_key:
            raise OtherVersion(
                "this worker would render other pixels than the one that began; run one version everywhere"
            )
        segment = Segment(bundle.start, bundle.stop)
        file = shared.make(segment, desk, progress, _Glimpse(desk, show).see)
        stored = self.workplace.hand_over(bundle, file, file.name)
        return {"segment_key": stored["key"], "name": file.name, "recipe": shared.recipe(segment),
                "request_key": bundle.request_key}  # fmt: skip

    @contextmanager
    def _opened(self, bundle: Bundle, progress: Progress) -> Iterator[SharedRun]:
        """The job, ready to be rendered; it outlives the task, and so does the folder that its output would be in."""
        folder = self.workplace.opened(bundle)
        plan = self.plan_of(bundle, folder / output_name(bundle))
        try:
            with SharedRun.opened(plan, self.analysis_of(bundle), progress, created=bundle.created) as shared:
                yield shared
        finally:
            import shutil

            shutil.rmtree(folder, ignore_errors=True)

    def _deliver(self, bundle: Bundle, desk: Path, progress: Progress, show: Show) -> Result:
        from facefusion.pipeline.shared_run import joined

        files = []
        for said in bundle.segments:
            place = desk / str(said["name"])
            place.symlink_to(self.workplace.fetched(said["segment_key"]).resolve())
            files.append(place)
        out = desk / "out"
        out.mkdir()
        plan = self.plan_of(bundle, out / output_name(bundle))
        report = joined(plan, self.analysis_of(bundle), files, progress, created=bundle.created)
        return self._delivered(bundle, out, report.as_dict())

    def _whole(self, bundle: Bundle, desk: Path, progress: Progress, show: Show) -> Result:
        from facefusion.pipeline.engine import run

        out = desk / "out"
        out.mkdir()
        plan = self.plan_of(bundle, out / output_name(bundle))
        report = run(plan, progress, created=bundle.created, cache=self.cache)
        return self._delivered(bundle, out, report.as_dict())

    def _delivered(self, bundle: Bundle, out: Path, report: dict[str, Any]) -> Result:
        files = sorted(path for path in out.iterdir() if path.is_file() and not path.name.startswith("."))
        main = output_name(bundle)
        artifacts = [
            self.workplace.artifact(bundle, file, "output" if file.name == main else "sidecar") for file in files
        ]
        report["output"] = main
        return {"artifacts": artifacts, "report": report}


class OtherVersion(FaceFusionError):
    """A worker of another version than the one that began."""


class _Warm:
    """The one job that is kept open."""

    def __init__(self) -> None:
        self._key: tuple[str, str] = ("", "")
        self._stack = ExitStack()
        self._shared: SharedRun | None = None

    def get(self, bundle: Bundle, opened: Callable[[], Any]) -> SharedRun:
        key = (bundle.lease.job_id, repr((bundle.analysis_key, bundle.server, bundle.consents)))
        if self._shared is None or self._key != key:
            self._stack.close()
            self._shared = None
            self._shared = self._stack.enter_context(opened())
            self._key = key
        return self._shared

    def close(self) -> None:
        self._shared = None
        self._stack.close()


class _Glimpse:
    """Shows a finished frame now and then."""

    def __init__(self, desk: Path, show: Show, *, every: int = 12) -> None:
        self._desk, self._show, self._every, self._count = desk, show, every, 0

    def see(self, frame: Frame) -> None:
        """Look at a frame on its way."""
        if self._count % self._every == 0:
            place = self._desk / "newest.jpg"
            write_thumbnail(place, frame.pixels)
            self._show(place, frame.index)
        self._count += 1


def output_name(bundle: Bundle) -> str:
    """The file name of a job's output, from that of its target."""
    request = bundle.request
    target = bundle.materials[request.target].name
    stem, _, suffix = target.rpartition(".")
    return f"{stem or target}.facefusion.{request.format or _written_as(suffix.lower())}"


def _written_as(suffix: str) -> str:
    from facefusion.jobs.request import FORMATS

    return suffix if suffix in FORMATS else "mp4"


def opened_keys(bundle: Bundle, secret: bytes) -> dict[str, bytes]:
    """The template keys of a project's records, by record."""
    from facefusion.jobs.sealing import unsealed

    return {
        record["record"]["id"]: unsealed(sealed, secret, record["record"]["id"])
        for record, sealed in bundle.consents
        if sealed and secret
    }
