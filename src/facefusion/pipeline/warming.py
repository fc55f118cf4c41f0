"""Learned models get ready while the target is decoded and measured."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from facefusion.errors import FaceFusionError
from facefusion.pipeline.plan import Plan


@contextmanager
def warming(plan: Plan) -> Iterator[None]:
    """Load the learned models of `plan` that run on other devices than the processor, and try them once, in a thread.

    The processor itself is busy with decoding and measuring. Whoever needs a model before it is ready waits for it.
    What fails here fails there again, and is told there.
    """
    if not plan.learned:
        yield
        return
    over = threading.Event()
    thread = threading.Thread(target=_warm_up, args=(plan, over), name="facefusion-warming", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _warm_up(plan: Plan, over: threading.Event) -> None:
    zoo = plan.zoo
    for model, task in plan.learned:
        with suppress(FaceFusionError):
            for name in zoo.names(model, task):
                if over.is_set():
                    return
                if zoo.device_of(name).providers[:1] != ("cpu",):
                    zoo.session(name).warm_up()
