"""The interface describes itself truly: valid OpenAPI, examples that fit, a page that needs no other host."""

from __future__ import annotations

import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from pipeline.wire import TraverseWire, from_wire
from server.api.traverses import EXAMPLE
from tests.server.town import Town, application, picture

API: dict[str, Any] = application().openapi()
OPERATIONS = [(path, verb, one) for path, verbs in API["paths"].items() for verb, one in verbs.items()]


def test_it_is_a_valid_openapi_description() -> None:
    OpenAPIV31SpecValidator(API).validate()


def test_every_operation_has_a_name_of_its_own_words_and_its_refusals() -> None:
    names = [one["operationId"] for _, _, one in OPERATIONS]
    assert len(set(names)) == len(names)
    for path, verb, one in OPERATIONS:
        assert one.get("description"), (path, verb)
        for code, answer in one["responses"].items():
            if int(code) >= 400:
                assert answer["content"]["application/json"]["schema"]["$ref"].endswith("/ErrorBody"), (
                    path,
                    verb,
                    code,
                )
        if one.get("security"):
            assert "401" in one["responses"], (path, verb)


def test_every_field_that_goes_out_has_an_example_that_fits_it() -> None:
    for name, schema in API["components"]["schemas"].items():
        for field, part in schema.get("properties", {}).items():
            validator = Draft202012Validator({**part, "components": API["components"]})
            for example in part.get("examples", []):
                assert not list(validator.iter_errors(example)), (name, field, example)


def _examples_missing() -> list[str]:
    own = re.compile(r"(Wire|ErrorBody|Validation|HTTPValidationError|^Body_)")
    missing = []
    for name, schema in API["components"]["schemas"].items():
        if own.search(name):
            continue
        for field, part in schema.get("properties", {}).items():
            refers = "$ref" in str(part)
            if not refers and "examples" not in part and "const" not in part and "default" not in part:
                missing.append(f"{name}.{field}")
    return missing


def test_no_field_that_people_see_is_without_an_example() -> None:
    assert _examples_missing() == []


def test_the_example_of_a_traverse_is_one_that_the_server_takes(town: Town) -> None:
    from_wire(TraverseWire.model_validate(EXAMPLE))
    body = EXAMPLE | {"device": town.device[0]}
    answer = town.client.put(f"/api/traverses/{body['id']}", json=body, headers=town.device[1])
    assert answer.status_code == 201, answer.text


def test_what_the_server_answers_fits_what_it_promises(town: Town) -> None:
    before = picture(1)
    [link] = town.send(town.seen("litter", pictures=(before,)))["links"]
    town.upload(before)
    order = town.order_of(link["case_id"])["id"]
    town.post(f"/api/work-orders/{order}/accept", "crew-a")
    town.after_photo(order, picture(2))
    for path, name in [
        ("/api/cases", "Cases"),
        (f"/api/cases/{link['case_id']}", "CaseDetail"),
        ("/api/work-orders", "WorkOrders"),
        (f"/api/work-orders/{order}", "WorkOrderOut"),
        ("/api/map", "FeatureCollection"),
        ("/api/grids", "FeatureCollection"),
        ("/api/zones", "FeatureCollection"),
        ("/api/taxonomy", "TaxonomyOut"),
        ("/api/figures", "FiguresOut"),
        ("/api/figures/precision", "PrecisionOut"),
        ("/api/figures/assessment", "AssessmentOut"),
        ("/api/me", "PersonOut"),
    ]:
        schema = {"$ref": f"#/components/schemas/{name}", "components": API["components"]}
        assert not list(Draft202012Validator(schema).iter_errors(town.get(path))), path


@pytest.mark.parametrize("path", ["/api/docs", "/api/docs.js", "/api/docs.css"])
def test_the_page_about_the_interface_names_no_other_host(town: Town, path: str) -> None:
    answer = town.client.get(path)
    assert answer.status_code == 200
    assert not re.search(r"(https?:)?//[a-z0-9-]+\.[a-z]", answer.text)


def test_the_page_of_the_interface_has_no_inline_script(town: Town) -> None:
    page = town.client.get("/api/docs").text
    assert re.findall(r"<script([^>]*)>", page) == [' src="docs.js"']
    assert "onclick" not in page
