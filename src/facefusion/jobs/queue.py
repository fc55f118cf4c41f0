"""The queue: tasks are lent to workers for a short time, and what is not renewed goes to another.

Whoever finishes a task shows the token that it was lent with; a worker that lost its lease finishes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import case, select

from facefusion.jobs.database import Database
from facefusion.jobs.events import tell
from facefusion.jobs.ids import new_id
from facefusion.jobs.records import Records
from facefusion.jobs.states import BACKGROUND, ENDED, PHASE_OF, advance, fail, finish, move, stop_clock
from facefusion.jobs.tables import Job, Task, WorkerRow

MOST_ATTEMPTS: Final = 3
"""Times that a task may go wrong without a reason of its own."""
MOST_LOST: Final = 8
"""Times that whoever held a task may die: more, and it is the task that kills."""
Directive = Literal["go on", "stop", "lost"]


@dataclass(frozen=True, slots=True)
class Lease:
    """A task in the hands of one worker."""

    task_id: str
    job_id: str
    token: str
    kind: str


@dataclass(frozen=True, slots=True)
class Doing:
    """How far a worker is. frames: done of this task. newest: where its newest picture lies, and which frame it is."""

    phase: str = ""
    frames: int = 0
    total: int = 0
    frames_per_second: float = 0.0
    newest_key: str = ""
    newest_frame: int | None = None


class Queue:
    """Tasks of one database. lease_seconds: how long a worker may be silent."""

    def __init__(self, database: Database, *, lease_seconds: float = 15.0) -> None:
        self.database, self.lease_seconds = database, lease_seconds

    def enlist(self, *, host: str, pid: int, software: str) -> str:
        """Tell that a worker is there; gives back its name."""
        with self.database.writing() as records:
            worker = WorkerRow(host=host, pid=pid, software=software, seen=records.now())
            return records.add(worker).id

    def dismiss(self, worker_id: str) -> None:
        """Tell that a worker has gone; what it held goes to others at once."""
        with self.database.writing() as records:
            for known in records.all(Task, worker_id=worker_id, state="running"):
                job, task = _held(records, known.job_id, known.id)
                if job is not None and task is not None and task.worker_id == worker_id and task.state == "running":
                    _give_back(records, job, task, is_lost=True)
            worker = records.get(WorkerRow, worker_id)
            if worker is not None:
                records.remove(worker)

    def dismiss_process(self, *, host: str, pid: int) -> None:
        """The same for a process of this machine that has died."""
        with self.database.reading() as records:
            found = [worker.id for worker in records.all(WorkerRow, host=host, pid=pid)]
        for worker_id in found:
            self.dismiss(worker_id)

    def claim(self, worker_id: str) -> Lease | None:
        """The next task for a worker; None when there is nothing to do."""
        if not self._has_work():
            return None
        with self.database.writing() as records:
            self._take_back(records)
            found = self._next(records)
            if found is None:
                return None
            job, task = _held(records, found.job_id, found.id)
            if job is None or task is None or task.state != "ready" or job.is_paused or job.state in ENDED:
                return None
            return self._lent(records, job, task, worker_id)

    def heartbeat(self, lease: Lease, doing: Doing | None = None) -> Directive:
        """Renew a lease, and hear whether the work is still wanted. doing: how far it is, when that has changed."""
        with self.database.writing() as records:
            job, task = _held(records, lease.job_id, lease.task_id)
            if job is None or task is None or task.token != lease.token:
                return "lost"
            task.lease_until = records.now() + self.lease_seconds
            if job.is_paused or job.state in ENDED or self._is_in_the_way(records, job):
                return "stop"
            if doing is not None:
                _note(records, job, task, doing)
            return "go on"

    def complete(self, lease: Lease, result: Mapping[str, Any]) -> bool:
        """The work is done and what it left lies in the storage. False when it was somebody else's by now."""
        with self.database.writing() as records:
            job, task = _held(records, lease.job_id, lease.task_id)
            if job is None or task is None or task.token != lease.token or job.state in ENDED:
                return False
            task.frames_done = max(task.frames_done, task.stop - task.start)
            finish(records, job, task, result)
            _count(records, job)
            return True

    def give_back(self, lease: Lease) -> None:
        """The work was stopped and is nobody's now; it does not count as an attempt."""
        with self.database.writing() as records:
            job, task = _held(records, lease.job_id, lease.task_id)
            if job is not None and task is not None and task.token == lease.token:
                task.attempts -= 1
                _give_back(records, job, task, is_lost=False)

    def fail(self, lease: Lease, error: Mapping[str, Any], *, is_final: bool) -> None:
        """The work went wrong. is_final: it would again; else it is tried again after a while."""
        with self.database.writing() as records:
            job, task = _held(records, lease.job_id, lease.task_id)
            if job is None or task is None or task.token != lease.token:
                return
            task.error = str(error.get("detail", ""))
            if is_final or task.attempts >= MOST_ATTEMPTS:
                stop_clock(records, task)
                task.state, task.token, task.ended = "failed", None, records.now()
                fail(records, job, error)
                return
            _give_back(records, job, task, is_lost=False)
            task.not_before = records.now() + 2.0**task.attempts

    def pause(self, lease: Lease, why: str) -> None:
        """The machine cannot go on (the disk is full, say): the job waits for somebody to resume it."""
        self.give_back(lease)
        with self.database.writing() as records:
            job = records.locked(Job, lease.job_id)
            if job is not None and job.state not in ENDED:
                job.is_paused, job.paused_why = True, why[:200]
                job.version += 1
                tell(records, job, "state", state=job.state, paused=True, why=why[:200])

    def at_work(self) -> tuple[set[str], set[str]]:
        """The tokens of all tasks that are lent, and the jobs that have not ended."""
        with self.database.reading() as records:
            tokens = {one.token for one in records.all(Task, state="running") if one.token}
            return tokens, {job.id for job in records.all(Job, Job.state.not_in(ENDED))}

    def _is_in_the_way(self, records: Records, job: Job) -> bool:
        """Whether work in the background keeps a worker from something that somebody waits for."""
        if job.priority > BACKGROUND:
            return False
        waits = (Task.state == "ready") & (Task.not_before <= records.now()) & Job.is_paused.is_(False)
        query = select(Task.id).join(Job, Job.id == Task.job_id).where(waits, Job.priority > BACKGROUND).limit(1)
        return records.session.scalar(query) is not None

    def _has_work(self) -> bool:
        """Looked up without a write, so that idle workers do not stand in each other's way."""
        with self.database.reading() as records:
            now = records.now()
            open_ = (Task.state == "ready") & (Task.not_before <= now) & Job.is_paused.is_(False)
            late = (Task.state == "running") & (Task.lease_until < now)
            query = select(Task.id).join(Job, Job.id == Task.job_id).where(open_ | late).limit(1)
            return records.session.scalar(query) is not None

    def is_idle(self) -> bool:
        """Whether nothing is being done and nothing will be before somebody asks for something."""
        with self.database.reading() as records:
            open_ = (Task.state.in_(("ready", "running"))) & Job.is_paused.is_(False)
            query = select(Task.id).join(Job, Job.id == Task.job_id).where(open_).limit(1)
            return records.session.scalar(query) is None

    def _take_back(self, records: Records) -> None:
        late = (Task.state == "running", Task.lease_until < records.now())
        for job_id, task_id in records.session.execute(select(Task.job_id, Task.id).where(*late)).all():
            job, task = _held(records, job_id, task_id)
            if job and task and task.state == "running" and task.lease_until < records.now():
                _give_back(records, job, task, is_lost=True)

    def _next(self, records: Records) -> Task | None:
        """A task that can be done now, its job held; jobs that somebody else holds at this moment are passed over."""
        first_what_ends = case((Task.kind.in_(("deliver", "report", "preview")), 0), else_=1)
        query = (
            select(Task)
            .join(Job, Job.id == Task.job_id)
            .where(Task.state == "ready", Task.not_before <= records.now(), Job.is_paused.is_(False))
            .order_by(Job.priority.desc(), first_what_ends, Job.id, Task.place)
            .limit(1)
            .with_for_update(skip_locked=True, of=Job)
        )
        return records.session.scalars(query).first()

    def _lent(self, records: Records, job: Job, task: Task, worker_id: str) -> Lease:
        now = records.now()
        task.state, task.worker_id, task.token = "running", worker_id, new_id("lse")
        task.attempts += 1
        task.started = task.started or now
        task.lease_until = now + self.lease_seconds
        task.lent = now
        job.started = job.started or now
        move(records, job, PHASE_OF.get(task.kind, "rendering"))
        tell(
            records, job, "task", task=task.id, kind=task.kind, state="running", place=task.place, attempt=task.attempts
        )
        return Lease(task.id, job.id, task.token, task.kind)


def _held(records: Records, job_id: str, task_id: str) -> tuple[Job | None, Task | None]:
    """A job and one of its tasks, as they are now and held: always in this order, or two would wait for each other."""
    return records.locked(Job, job_id), records.locked(Task, task_id)


def _give_back(records: Records, job: Job, task: Task, *, is_lost: bool) -> None:
    stop_clock(records, task)
    task.state, task.token, task.worker_id = "ready", None, None
    task.frames_done = 0
    if not is_lost:
        return
    task.lost += 1
    task.attempts -= 1
    if task.lost >= MOST_LOST:
        task.state, task.ended = "failed", records.now()
        detail = f"{task.lost} workers died at it; look at the log of the workers, or leave this part of the clip out"
        fail(records, job, {"type": "worker-died", "title": "The work ends whoever does it", "detail": detail})


def _note(records: Records, job: Job, task: Task, doing: Doing) -> None:
    task.frames_done = doing.frames
    job.phase = doing.phase
    if doing.newest_key:
        job.newest_key, job.newest_frame = doing.newest_key, doing.newest_frame
    _count(records, job)
    tell(records, job, "progress", **progress_of(job, now=records.now()))


def _count(records: Records, job: Job) -> None:
    records.session.flush()
    if job.state not in ("rendering", "delivering"):
        return
    job.frames_done = records.total(Task.frames_done, job_id=job.id, kind="segment") or job.frames_done
    seconds = records.now() - (job.started or records.now())
    job.frames_per_second = round(job.frames_done / seconds, 2) if seconds > 0 else 0.0


def progress_of(job: Any, *, now: float) -> dict[str, Any]:
    """How far a job is, for JSON. job: a stored one, or its row."""
    left = None
    if job.frames_per_second and job.frames_total:
        left = round((job.frames_total - job.frames_done) / job.frames_per_second, 1)
    return {
        "phase": job.phase or job.state,
        "frames_done": job.frames_done,
        "frames_total": job.frames_total,
        "frames_per_second": job.frames_per_second,
        "seconds_left": left,
        "newest_frame": job.newest_frame,
        "elapsed_seconds": round(now - job.started, 1) if job.started else 0.0,
    }


__all__ = ["Directive", "Doing", "Lease", "Queue", "advance", "progress_of"]
