"""`facefusion remote`: the same jobs, done by a service."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from facefusion.cli.call import Call
from facefusion.errors import InvalidInput, UsageError

if TYPE_CHECKING:
    from facefusion.service.client import Client, Job

remote_app = typer.Typer(no_args_is_help=True, help="Have jobs done by a service that runs elsewhere.")
ADDRESS, KEY = "FACEFUSION_SERVER", "FACEFUSION_KEY"
_JOB = typer.Argument(..., help="A job's id, like job_0….")
_PROJECT = typer.Option("", help="A project's id or name. Default: the only one there is.")


@remote_app.command()
def run(
    context: typer.Context,
    target: Path = typer.Option(..., help="The picture or clip that is changed."),
    output: Path = typer.Option(..., help="Where the result goes."),
    source: list[Path] = typer.Option([], help="A photo of the person whose face is put on; repeats. Default: none."),
    background: Path | None = typer.Option(
        None, help="A picture or clip to put people on; colours are an option. Default: none."
    ),
    speech: Path | None = typer.Option(None, help="A clip whose sound the lips follow. Default: none."),
    option: list[str] = typer.Option(
        [], "--option", help="key=value of any flag of `facefusion run`, like mask-blur=0.4; repeats. Default: none."
    ),
    processor: list[str] = typer.Option([], help="What is done to each face; repeats. Default: face_swapper."),
    permission: str = typer.Option("", help="The id of an approved permission. Default: none."),
    name: str = typer.Option("", help="What the job is called. Default: nothing."),
    priority: int = typer.Option(
        0, min=-100, max=100, help="Jobs of a higher one go first. Range -100 to 100. Default: 0."
    ),
    after: str = typer.Option("", help="The id of a job that has to succeed first. Default: none."),
    project: str = _PROJECT,
    overwrite: bool = typer.Option(False, "--overwrite", help="Replace an output that exists. Default: off."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Check and estimate, then stop. Default: off."),
) -> None:
    """Send files, have the job done, and fetch the result."""
    from facefusion.media import check_output
    from facefusion.service.client import Swap

    extra = {name: path for name, path in (("background", background), ("speech", speech)) if path is not None}
    sent = [target, *source, *extra.values()]
    check_output(output, overwrite=overwrite, inputs=sent)
    for path in sent:
        if not path.is_file():
            raise InvalidInput(f"{path}: no such file; check the spelling")
    reporter = Call.of(context).reporter
    with _client() as client:
        project_id = _project(client, project)
        files = [client.upload(project_id, path).id for path in (target, *source)]
        options: dict[str, Any] = _options(option) | ({"processor": processor} if processor else {})
        more: dict[str, Any] = {
            "format": output.suffix[1:].lower() or None, "permission_id": permission or None, "name": name or None,
            "priority": priority, "depends_on": after or None,
            **{name: client.upload(project_id, path).id for name, path in extra.items()},
        }  # fmt: skip
        swap = Swap(files[0], files[1:], options=options, more=more)
        if dry_run:
            _answer(context, client.estimate(project_id, swap))
            return
        job = client.submit(project_id, swap)
        reporter.event("submitted", job=job.id)
        _follow(context, client, job.id)
        client.wait(job.id)
        client.download(job.id, output, overwrite=overwrite)
        reporter.event("done", job=job.id, output=str(output))
        reporter.say(f"{output}: done by the service as {job.id}")


@remote_app.command("list")
def list_jobs(context: typer.Context, project: str = _PROJECT) -> None:
    """The newest jobs of a project."""
    with _client() as client:
        rows = [_row(job) for _, job in zip(range(50), client.jobs(_project(client, project)), strict=False)]
    _answer(context, rows)


@remote_app.command()
def status(context: typer.Context, job: str = _JOB) -> None:
    """How far a job is."""
    with _client() as client:
        _answer(context, _row(client.job(job)))


@remote_app.command()
def watch(context: typer.Context, job: str = _JOB) -> None:
    """Tell what happens to a job until it ends."""
    with _client() as client:
        _follow(context, client, job)
        client.wait(job)


@remote_app.command()
def steer(
    context: typer.Context,
    job: str = _JOB,
    what: str = typer.Argument(..., help="cancel, pause, resume or retry."),
) -> None:
    """Cancel, pause, resume or retry a job."""
    with _client() as client:
        _answer(context, _row(client.steer(job, what)))


@remote_app.command()
def report(
    context: typer.Context,
    jobs: list[str] = typer.Argument(..., help="The ids of finished jobs; several are shown side by side."),
    html: Path | None = typer.Option(None, help="Write a page with plots and stills. Default: none."),
    overwrite: bool = typer.Option(False, "--overwrite", help="Replace a page that exists. Default: off."),
) -> None:
    """Tell how good the results of jobs are, against their target."""
    from facefusion.media.paths import check_output, write_atomically

    if html is not None:
        check_output(html, overwrite=overwrite, inputs=[])
    with _client() as client:
        found = client.report(jobs)
        if html is not None:
            write_atomically(html, client.report_page(jobs), overwrite=overwrite)
    _answer(context, [{**one, "flags": len(one["flags"]), "dropped": len(one["dropped"])} for one in found])


@remote_app.command()
def download(
    context: typer.Context,
    job: str = _JOB,
    output: Path = typer.Argument(..., help="Where the result goes."),
    overwrite: bool = typer.Option(False, "--overwrite", help="Replace a file that exists. Default: off."),
) -> None:
    """Fetch the result of a job."""
    with _client() as client:
        _answer(context, {"file": str(client.download(job, output, overwrite=overwrite))})


def _client() -> Client:
    if find_spec("httpx") is None:
        raise UsageError("remote: needs more packages; install them with: pip install 'facefusion[service]'")
    from facefusion.service.client import Client

    return Client(os.environ.get(ADDRESS, "http://127.0.0.1:5000"), key=os.environ.get(KEY, ""))


def _project(client: Client, said: str) -> str:
    found = [one for one in client.projects() if said in ("", one["id"], one["name"])]
    if len(found) != 1:
        names = ", ".join(one["name"] for one in client.projects()) or "none"
        raise UsageError(f"project: {said or 'not given'}, there are {names}; name one with --project")
    return str(found[0]["id"])


def _options(texts: list[str]) -> dict[str, Any]:
    import json

    found: dict[str, Any] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign:
            raise UsageError(f"option: got {text!r}, supported is key=value, like mask-blur=0.4")
        try:
            found[name] = json.loads(value)
        except json.JSONDecodeError:
            found[name] = value
    return found


def _follow(context: typer.Context, client: Client, job_id: str) -> None:
    reporter = Call.of(context).reporter
    for event in client.events(job_id):
        if event.kind == "progress":
            said = event.data
            reporter.event("progress", job=job_id, done=said["frames_done"], total=said["frames_total"])
        elif event.kind == "state":
            reporter.event("state", job=job_id, state=event.data["state"])
            reporter.say(f"{job_id}: {event.data['state']}")


def _row(job: Job) -> dict[str, Any]:
    said = {"id": job.id, "state": "paused" if job.is_paused else job.state, "kind": job.kind, "name": job.name}
    said["frames"] = f"{job.progress['frames_done']}/{job.progress['frames_total']}"
    return said | ({"error": job.error["detail"]} if job.error else {})


def _answer(context: typer.Context, said: Any) -> None:
    call = Call.of(context)
    if call.as_json:
        call.answer(said)
        return
    for row in said if isinstance(said, list) else [said]:
        print("  ".join(f"{value}" for value in row.values()))
