"""What the OpenAPI document says is what happens: no server error, no answer that is not written down."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings

from service_world import World, picture

_CHECKS = [
    schemathesis.checks.not_a_server_error,
    schemathesis.checks.status_code_conformance,
    schemathesis.checks.content_type_conformance,
    schemathesis.checks.response_schema_conformance,
]
_ENDLESS = ["/v1/events", "/v1/jobs/{job_id}/events"]


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Any:
    world = World(tmp_path_factory.mktemp("openapi"))
    for number in range(2):
        world.sent(picture(number))
    schema = schemathesis.openapi.from_asgi("/v1/openapi.json", world.app)
    return schema.exclude(path=_ENDLESS).exclude(path_regex="/v1/(oidc|users)")


schema = schemathesis.pytest.from_fixture("document")


@schema.parametrize()
@settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_answers_are_those_of_the_document(case: Any) -> None:
    case.headers = {name: value for name, value in (case.headers or {}).items() if name.lower() != "host"}
    if case.path.endswith("/poll"):
        case.query = {**(case.query or {}), "wait_seconds": 0}
    case.call_and_validate(checks=_CHECKS, headers={"host": "localhost"})


def test_every_problem_that_is_answered_is_described(tmp_path: Path) -> None:
    world = World(tmp_path)
    document = world.app.openapi()
    assert document["components"]["schemas"]["Problem"]["required"] == ["type", "title", "status", "detail"]
    for path, methods in document["paths"].items():
        for method, said in methods.items():
            assert said.get("summary"), (method, path)
            assert said.get("description"), (method, path)
    world.close()
