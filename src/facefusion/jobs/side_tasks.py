"""Tasks beside rendering: who is in a clip, single frames, proxies to look at, reports."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from facefusion.core import Progress
from facefusion.errors import NoFaceFound, UsageError
from facefusion.jobs.bundle import Bundle
from facefusion.jobs.workplace import Workplace
from facefusion.pipeline.analysis_cache import AnalysisCache
from facefusion.pipeline.plan import Plan

Result = Mapping[str, Any]


class Means(Protocol):
    """What a task is done with. threads: how many it may use."""

    @property
    def workplace(self) -> Workplace: ...

    @property
    def threads(self) -> int: ...

    @property
    def cache(self) -> AnalysisCache: ...

    def plan_of(self, bundle: Bundle, output: Path) -> Plan:
        """The plan of a task that writes `output`."""


def done(means: Means, bundle: Bundle, desk: Path, progress: Progress) -> Result:
    """Do a task of one of these kinds. Raises UsageError for another."""
    does: Mapping[str, Callable[[Means, Bundle, Path, Progress], Result]] = {
        "people": _people,
        "preview": _preview,
        "proxy": _proxy,
        "report": _report,
        "masks": _masks,
    }
    if bundle.kind not in does:
        raise UsageError(f"task: kind {bundle.kind!r} is unknown to this worker; run one version everywhere")
    return does[bundle.kind](means, bundle, desk, progress)


def _people(means: Means, bundle: Bundle, desk: Path, progress: Progress) -> Result:
    from facefusion.jobs.thumbnails import write_thumbnail
    from facefusion.pipeline.people import find_people

    target = means.workplace.inputs(bundle)[bundle.request.target]
    try:
        found = find_people(target, progress, workers=means.threads, cache=means.cache).people
    except NoFaceFound:
        found = ()
    artifacts = []
    for person in found:
        said = {
            "person_id": person.person_id,
            "num_frames": person.num_frames,
            "seconds": round(person.seconds, 3),
            "first_seconds": round(person.first_seconds, 3),
            "has_portrait": person.portrait is not None,
        }
        file = desk / f"person-{person.person_id}.jpg"
        if person.portrait is not None:
            write_thumbnail(file, person.portrait)
        else:
            file.write_bytes(b"")
        artifacts.append(means.workplace.artifact(bundle, file, "portrait", **said))
    return {"artifacts": artifacts, "report": {"people": len(found)}}


def _preview(means: Means, bundle: Bundle, desk: Path, progress: Progress) -> Result:
    from facefusion.jobs.edits import with_edits
    from facefusion.media import open_media
    from facefusion.pipeline.cues import Cue
    from facefusion.pipeline.preview import preview, write_preview
    from facefusion.pipeline.shared_run import is_clip, measured

    plan = means.plan_of(bundle, desk / "preview.png")
    cues = [Cue(frame=index) for index in bundle.request.frames]
    analysis = None
    if bundle.request.edits and is_clip(plan):
        files = means.workplace.inputs(bundle)
        analysis = with_edits(measured(plan, progress, cache=means.cache), bundle, files)
    shown = preview(plan, cues, progress, analysis=analysis, cache=means.cache, created=bundle.created)
    artifacts = []
    with open_media(plan.target, policy=plan.read_policy) as reader:
        for one in shown:
            after = desk / f"after-{one.frame.index}.png"
            write_preview(after, [one], plan)
            artifacts.append(means.workplace.artifact(bundle, after, "after", frame=one.frame.index))
            before = desk / f"before-{one.frame.index}.jpg"
            _write_plain(before, reader.frame_at(one.frame.index).pixels)
            artifacts.append(means.workplace.artifact(bundle, before, "before", frame=one.frame.index))
    return {"artifacts": artifacts, "report": {"frames": [one.frame.index for one in shown]}}


def _write_plain(path: Path, pixels: Any) -> None:
    """The target's own frame, as it came in, to compare with."""
    from facefusion.jobs.thumbnails import write_thumbnail

    write_thumbnail(path, pixels, width_px=pixels.shape[1])


def _proxy(means: Means, bundle: Bundle, desk: Path, progress: Progress) -> Result:
    from facefusion.jobs.proxies import write_proxy

    files = means.workplace.inputs(bundle)
    source = files[bundle.said.get("output") or bundle.request.target]
    out = desk / f"{source.stem}.proxy.mp4"
    said = write_proxy(source, out, progress)
    return {"artifacts": [means.workplace.artifact(bundle, out, "proxy", **said)], "report": said}


def _masks(means: Means, bundle: Bundle, desk: Path, progress: Progress) -> Result:
    """Grey pictures for the player: where faces were changed, what was left alone before them, the matte."""
    from facefusion.jobs.edits import with_edits
    from facefusion.jobs.mask_files import MaskFiles
    from facefusion.pipeline.overlays import overlays
    from facefusion.pipeline.shared_run import is_clip, measured

    plan = means.plan_of(bundle, desk / "masks.mp4")
    analysis = None
    if is_clip(plan):
        files = means.workplace.inputs(bundle)
        analysis = with_edits(measured(plan, progress, cache=means.cache), bundle, files)
    made = MaskFiles.written(
        desk, overlays(plan, progress, analysis=analysis, cache=means.cache, created=bundle.created)
    )
    artifacts = [means.workplace.artifact(bundle, file, kind, **facts) for kind, file, facts in made]
    return {"artifacts": artifacts, "report": {"masks": [kind for kind, _, _ in made]}}


def _report(means: Means, bundle: Bundle, desk: Path, progress: Progress) -> Result:
    from facefusion.pipeline.comparing import compare
    from facefusion.pipeline.comparison_page import html_page

    files = means.workplace.inputs(bundle)
    target, output = files[bundle.request.target], files[str(bundle.said["output"])]
    sources = [files[one] for one in bundle.request.sources]
    found = compare(output, target, progress, sources=sources, cache=means.cache, workers=means.threads)
    table, page = desk / "quality.json", desk / "quality.html"
    table.write_text(json.dumps(found.as_dict(with_stills=True)), encoding="utf-8")
    page.write_text(html_page([found]), encoding="utf-8")
    artifacts = [
        means.workplace.artifact(bundle, table, "quality"),
        means.workplace.artifact(bundle, page, "page"),
    ]
    return {"artifacts": artifacts, "report": {"means": dict(found.means), "flags": len(found.flags())}}
