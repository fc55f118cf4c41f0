"""What devices do not do that was asked of them, in lines for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from facefusion.models import open_session
from facefusion.models.opening import chosen_device
from facefusion.models.sessions import Session
from facefusion.pipeline.plan import Plan


def asked_lines(plan: Plan) -> list[str]:
    """What can be known before a learned model is loaded: providers that are not there, and what others do not keep."""
    bundled = open_session("face_mesh_attention", providers=plan.job.execution_provider)
    lines = [str(warning) for warning in bundled.warnings]
    for name in _names(plan):
        device = plan.zoo.device_of(name)
        _, warnings = chosen_device(device.providers, device)
        lines += [str(warning) for warning in warnings]
    return list(dict.fromkeys(lines))


def opened_lines(plan: Plan, told: Sequence[str]) -> list[str]:
    """What the learned models that are loaded by now met with, by model, but for what was `told` before."""
    sessions = [session for name in _names(plan) if (session := plan.zoo.opened(name)) is not None]
    return list(dict.fromkeys(_lines(sessions, told)))


def _lines(sessions: Sequence[Session], told: Sequence[str]) -> Iterator[str]:
    for session in sessions:
        yield from (f"{session.name}: {warning}" for warning in session.warnings if str(warning) not in told)


def _names(plan: Plan) -> list[str]:
    return list(dict.fromkeys(name for model, task in plan.learned for name in plan.zoo.names(model, task)))
