"""What the OpenAPI document says is what happens: no server error, no answer that is not written down."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings

from service_world import World, picture

_NAMES = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance")
_ENDLESS = ["/v1/events", "/v1/jobs/{job_id}/events"]
_EXAMPLES = int(os.environ.get("FACEFUSION_OPENAPI_EXAMPLES", "1"))
"""Of each route. `FACEFUSION_OPENAPI_EXAMPLES=100` looks longer."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("openapi"))
    for number in range(2):
        made.sent(picture(number))
    yield made
    made.close()


def test_answers_are_those_of_the_document(world: World) -> None:
    schema = schemathesis.openapi.from_asgi("/v1/openapi.json", world.app)
    chosen = (
        schema.exclude(path=_ENDLESS)
        .exclude(path_regex="/v1/(oidc|users)")
        .exclude(method="PATCH", path="/v1/uploads/{upload_id}")
    )
    wrong, count = [], 0
    for found in chosen.get_all_operations():
        operation = found.ok()
        try:
            _asked(operation, world)
        except (Exception, BaseExceptionGroup) as error:
            wrong.append(f"{operation.method.upper()} {operation.path}: {error}"[:1500])
        count += 1
    assert not wrong, "\n\n".join(wrong)
    assert count > 70


def _asked(operation: Any, world: World) -> None:
    schemathesis.checks.load_all_checks()
    checks = schemathesis.checks.CHECKS.get_by_names(list(_NAMES))

    @given(case=operation.as_strategy())
    @settings(
        max_examples=_EXAMPLES, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    def ask(case: Any) -> None:
        if "project_id" in (case.query or {}):
            case.query["project_id"] = world.project
        if operation.path.endswith("/poll"):
            case.query = {**(case.query or {}), "wait_seconds": 0}
        case.call_and_validate(checks=checks, headers={"host": "localhost"})

    ask()


def test_every_route_says_what_it_does(world: World) -> None:
    document = world.app.openapi()
    assert document["components"]["schemas"]["Problem"]["required"] == ["type", "title", "status", "detail"]
    for path, methods in document["paths"].items():
        for method, said in methods.items():
            assert said.get("description"), (method, path)
