"""Schemathesis asks every endpoint what its description allows and forbids.

The normal run is bounded; ``make api`` asks more (``FUND_API_EXAMPLES``).
"""

from __future__ import annotations

import os

import schemathesis
from flask import Flask
from schemathesis import GenerationMode, engine
from schemathesis.config import (
    CoveragePhaseConfig,
    ExamplesPhaseConfig,
    FuzzingPhaseConfig,
    GenerationConfig,
    PhasesConfig,
    ProjectConfig,
    ProjectsConfig,
    SchemathesisConfig,
    StatefulPhaseConfig,
)
from schemathesis.engine.events import NonFatalError, ScenarioFinished

from fund.publication.api.endpoints import ENDPOINTS, PREFIX

EXAMPLES = int(os.environ.get("FUND_API_EXAMPLES", "4"))


def _config() -> SchemathesisConfig:
    phases = PhasesConfig(
        examples=ExamplesPhaseConfig(enabled=True),
        coverage=CoveragePhaseConfig(enabled=EXAMPLES > 20),
        fuzzing=FuzzingPhaseConfig(enabled=True),
        stateful=StatefulPhaseConfig(enabled=False),
    )
    generation = GenerationConfig(
        modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE],
        max_examples=EXAMPLES,
        deterministic=EXAMPLES <= 20,
        no_shrink=True,
        database="none",
    )
    project = ProjectConfig(phases=phases, generation=generation)
    return SchemathesisConfig(projects=ProjectsConfig(default=project))


def _of_no_schema(answer: object) -> bool:
    """Whether an answer refuses what no schema of one parameter can forbid: a row that is not
    there to go on from, or an end before its beginning."""
    named = {one["parameter"] for one in answer.json()["errors"]}
    return answer.status_code == 400 and named <= {"after", "to", "max"}


def _faults(event: ScenarioFinished) -> list[str]:
    """What Schemathesis holds against the answers of one endpoint, with the request."""
    found = []
    for case, checks in event.recorder.checks.items():
        for check in checks:
            if check.failure_info is None:
                continue
            answer = event.recorder.interactions[case].response
            if check.name == "positive_data_acceptance" and _of_no_schema(answer):
                continue
            asked = event.recorder.cases[case].value.as_curl_command()
            found.append(f"{check.name}: {check.failure_info.failure}\n{asked}")
    return found


def test_no_server_error_and_no_answer_against_the_description(app: Flask) -> None:
    schema = schemathesis.openapi.from_wsgi(f"{PREFIX}/openapi.json", app, config=_config())
    events = list(engine.from_schema(schema).execute())
    done = [event for event in events if isinstance(event, ScenarioFinished)]
    assert [fault for event in done for fault in _faults(event)] == []
    assert [str(event) for event in events if isinstance(event, NonFatalError)] == []
    asked = sum(len(event.recorder.cases) for event in done)
    assert asked >= len(ENDPOINTS) * min(EXAMPLES, 4), f"only {asked} requests"
    labels = {event.label for event in done}
    assert {f"GET {one.path}" for one in ENDPOINTS} <= labels, labels
