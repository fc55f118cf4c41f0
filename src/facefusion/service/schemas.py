"""What the API takes and gives, as far as several routes share it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")
]
Text = Annotated[str, StringConstraints(max_length=20_000, pattern=r"^[^\x00]*$")]
Id = Annotated[str, StringConstraints(max_length=40, pattern=r"^[a-z]{2,4}_[0-9a-f]{28}$")]
JobKind = Literal["render", "preview", "people", "proxy", "report", "masks"]
JobState = Literal["queued", "analysing", "rendering", "delivering", "succeeded", "failed", "cancelled"]


class Taken(BaseModel):
    """What is sent: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class Given(BaseModel):
    """What is answered, made from a stored thing."""

    model_config = ConfigDict(from_attributes=True)


class Problem(BaseModel):
    """RFC 9457. type: `urn:facefusion:NAME`, listed in the guide; detail: one line that says what would work."""

    type: str
    title: str
    status: int
    detail: str


class ProjectIn(Taken):
    name: Name
    kind: Literal["production", "teaching"] = "production"
    policy: Literal["personal", "teaching", "production", "broadcast"] = "personal"
    needs_permission: bool = Field(False, description="Every job has to name a permission that was approved.")


class ProjectChange(Taken):
    name: Name | None = None
    policy: Literal["personal", "teaching", "production", "broadcast"] | None = None
    needs_permission: bool | None = None
    is_archived: bool | None = None
    quotas: dict[Literal["asset_bytes", "storage_bytes", "open_jobs", "render_minutes"], int] | None = None
    teaching: TeachingIn | None = None


class TeachingIn(Taken):
    """What a class may use; empty lists allow everything."""

    processors: list[Name] = Field(default_factory=list, max_length=32)
    asset_ids: list[Id] = Field(default_factory=list, max_length=500)


class ProjectOut(Given):
    id: str
    name: str
    kind: str
    policy: str
    needs_permission: bool
    is_archived: bool
    quotas: dict[str, Any]
    teaching: dict[str, Any]
    created: float
    version: int
    roles: list[str] = Field(default_factory=list, description="The caller's roles here.")


class AssetOut(Given):
    """kind: image, video, or other. facts: width, height, frames, fps, seconds, codec, where they are known."""

    id: str
    project_id: str
    name: str
    kind: str
    media_type: str
    size: int
    sha256: str
    facts: dict[str, Any]
    is_locked: bool
    created: float
    created_by: str
    version: int


class RenderIn(Taken):
    """What is rendered from what. Assets by id; options: the keys of GET /v1/plans/schema."""

    target: Id
    sources: list[Id] = Field(default_factory=list, max_length=32)
    assign: dict[Name, list[Id]] = Field(
        default_factory=dict, max_length=32, description="Sources by the person of the clip who gets that face."
    )
    reference_images: list[Id] = Field(default_factory=list, max_length=32)
    except_images: list[Id] = Field(default_factory=list, max_length=32)
    mask_image: Id | None = None
    background: Id | None = Field(None, description="A picture or clip to put people on; colours are an option.")
    speech: Id | None = Field(None, description="A clip whose sound lips follow.")
    format: Literal["mp4", "mov", "mkv", "webm", "avi", "png", "jpg", "webp", "tif", "gif"] | None = Field(
        None, description="Suffix of the output; by default that of the target."
    )
    options: dict[str, Any] = Field(default_factory=dict, max_length=200)
    edits: list[dict[str, Any]] = Field(
        default_factory=list,
        max_length=500,
        description="Corrections of the analysis, as `facefusion edit export` writes them; mask-image is an asset.",
    )
    permission_id: Id | None = None
    without_label: bool = Field(False, description="Leave the visible label out, where the permission allows that.")


class JobIn(RenderIn):
    """A job. depends_on: another that has to succeed first. dry_run: check and estimate, store nothing."""

    project_id: Id
    name: Name | None = None
    priority: Annotated[int, Field(ge=-100, le=100)] = 0
    depends_on: Id | None = None
    parent_id: Id | None = Field(None, description="The version that this one replaces; equal segments are kept.")
    dry_run: bool = False


class TaskOut(Given):
    """One piece of work. attempts: times it was begun in earnest; lost: times that a worker died at it.

    seconds: how long workers were at it, in all attempts together.
    """

    id: str
    kind: str
    place: int
    start: int
    stop: int
    state: str
    attempts: int
    lost: int
    frames_done: int
    started: float | None
    ended: float | None
    seconds: float
    error: str
    kept: bool = False


class ProgressOut(BaseModel):
    phase: str
    frames_done: int
    frames_total: int
    frames_per_second: float
    seconds_left: float | None
    newest_frame: int | None
    elapsed_seconds: float


class JobOut(BaseModel):
    """A job. error: type, title and detail when it failed. verdict: of the newest review.

    about: the asset or the job that a proxy, a report or a search for people is about.
    """

    id: str
    project_id: str
    kind: JobKind
    name: str
    state: JobState
    is_paused: bool
    paused_why: str
    priority: int
    created: float
    created_by: str
    started: float | None
    ended: float | None
    depends_on: str | None
    parent_id: str | None
    about: str | None
    permission_id: str | None
    progress: ProgressOut
    request: dict[str, Any]
    error: dict[str, Any] | None
    report: dict[str, Any] | None
    version: int
    verdict: str | None = None


class JobDetail(JobOut):
    segments: list[TaskOut]
    artifacts: list[ArtifactOut]


class ArtifactOut(Given):
    """A file that a job made. kind: output, sidecar, before, after, portrait, proxy, mask, occlusion, matte; of a
    report, quality and page."""

    id: str
    project_id: str
    job_id: str
    kind: str
    name: str
    media_type: str
    size: int
    sha256: str
    more: dict[str, Any]
    is_locked: bool
    created: float


class EstimateOut(BaseModel):
    """What a job would come to. seconds: by the speed of jobs before it, null when there were none."""

    is_valid: bool = True
    frames: int | None
    seconds: float | None
    plan: dict[str, Any] = Field(description="The keys that differ from their defaults.")
    warnings: list[str]


class EventOut(Given):
    id: int
    created: float
    project_id: str
    job_id: str
    kind: str
    data: dict[str, Any]


for model in (ProjectChange, JobDetail):
    model.model_rebuild()
