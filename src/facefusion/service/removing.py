"""What goes with a job or an asset that is deleted: its side jobs, and every file that only they had."""

from __future__ import annotations

from facefusion.jobs import states
from facefusion.jobs.records import Records
from facefusion.jobs.tables import Artifact, Asset, Job, Task


def removed(records: Records, job: Job) -> set[str]:
    """Forget a job and the side jobs about it; gives back the keys in the storage that nobody needs any more."""
    keys = side_jobs_removed(records, job.id)
    states.cancel(records, job)
    keys |= _keys_of(records, job)
    records.remove(job)
    return keys


def side_jobs_removed(records: Records, about: str) -> set[str]:
    """Forget what was found and made about an asset or a job: portraits, proxies, reports."""
    keys: set[str] = set()
    for known in records.all(Job, about=about):
        side = records.locked(Job, known.id)
        if side is not None:
            keys |= removed(records, side)
    return keys


def is_last(records: Records, asset: Asset) -> bool:
    """Whether no other asset has the same bytes. To be asked after the asset is removed."""
    return records.first(Asset, key=asset.key) is None


def _keys_of(records: Records, job: Job) -> set[str]:
    """Artifacts are their job's alone; of segments, which versions share, only those that it made itself."""
    made = {one.key for one in records.all(Artifact, job_id=job.id)}
    worked = {task.result.get("segment_key", "") for task in records.all(Task, job_id=job.id)}
    own = {key for key in worked | {job.analysis_key, job.newest_key} if key.startswith(f"jobs/{job.id}/")}
    return made | own
