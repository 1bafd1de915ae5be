"""The API's description."""

from __future__ import annotations

import re

import jsonschema
from starlette.testclient import TestClient

from layerzoo.studio.routing import routes


def test_every_service_is_described(client: TestClient) -> None:
    document = client.get("/api/openapi.json").json()
    assert document["openapi"] == "3.1.0"
    known = {(route.method.lower(), route.path) for route in routes() if not route.is_page}
    described = {(method, path) for path, methods in document["paths"].items() for method in methods}
    assert described == known
    assert ("get", "/api/runs") in described
    names = [
        operation["operationId"] for methods in document["paths"].values() for operation in methods.values()
    ]
    assert len(set(names)) == len(names)


def test_every_service_has_a_summary_and_the_parameters_of_its_path(client: TestClient) -> None:
    for path, methods in client.get("/api/openapi.json").json()["paths"].items():
        for operation in methods.values():
            assert operation["summary"].endswith(".")
            named = {one["name"] for one in operation["parameters"] if one["in"] == "path"}
            assert named == set(re.findall(r"{(\w+)", path))
            for body in operation.get("requestBody", {}).get("content", {}).values():
                jsonschema.Draft202012Validator.check_schema(body["schema"])


def test_answers_fit_their_description(client: TestClient) -> None:
    paths = client.get("/api/openapi.json").json()["paths"]
    for path in ("/api/runs", "/api/jobs", "/api/machine", "/api/limits"):
        described = paths[path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        jsonschema.validate(client.get(path).json(), described)
