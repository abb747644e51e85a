"""The sample company: its desk, its knowledge and its log-ins, loaded from a folder under examples/."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from chatbot import actions, handoff_triggers
from chatbot.errors import BadActionError
from foundation.access import Role
from foundation.db import WriteSession, write_session
from foundation.errors import NotFoundError
from ingest.types import IngestRequest
from portal_api import authentication
from portal_api.tables import CredentialTable, DemoCompanyTable, DemoLoginTable
from ticketing import directory, rules, workflows
from ticketing.loading import load_desk

EXAMPLES = Path(__file__).parents[1] / "examples"


class SampleNotFoundError(NotFoundError):
    """The folder holds no sample company."""

    code = "sample_not_found"

    def __init__(self, folder: Path) -> None:
        super().__init__(f"{folder} holds no company.yaml; run this in a checkout of Jieda or name a folder")


@dataclass(frozen=True)
class Loaded:
    """The desk of the sample company, and the knowledge that is still to be ingested."""

    company: str
    people: int
    agents: int
    knowledge: IngestRequest


def folder_of_sample() -> Path:
    """The sample company that comes with Jieda. Raises SampleNotFoundError."""
    found = sorted(path.parent for path in EXAMPLES.glob("*/company.yaml"))
    if not found:
        raise SampleNotFoundError(EXAMPLES)
    return found[0]


def load_company(folder: Path) -> Loaded:
    """Load the desk and the log-ins of the company in `folder`; done again, nothing changes.

    Raises SampleNotFoundError.
    """
    path = folder / "company.yaml"
    if not path.is_file():
        raise SampleNotFoundError(folder)
    company = yaml.safe_load(path.read_text("utf-8"))
    form_files = sorted((folder / "forms").glob("*.yaml"))
    form_list = [yaml.safe_load(form.read_text("utf-8")) for form in form_files]
    with write_session() as session:
        load_desk(session, company, form_list)
        rules.load(session, _rules(folder))
        workflows.load(session, company.get("workflows") or ())
        handoff_triggers.upsert_rules(session, company.get("handoff_rules") or ())
        for actions_file in sorted(folder.glob("*/actions.yaml")):
            actions.load_system(session, read_actions(actions_file))
        _give_passwords(session, [*company["people"], *company["agents"]])
        _offer_logins(session, company)
    knowledge = IngestRequest(paths=(str(folder / "knowledge"),), collection=company["company"]["slug"])
    return Loaded(company["company"]["name"]["en"], len(company["people"]), len(company["agents"]), knowledge)


def read_actions(path: Path) -> dict[str, Any]:
    """The description of a system and its actions, with the OpenAPI document it names beside it."""
    spec: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    document = path.parent / str(spec.get("openapi"))
    try:
        spec["openapi"] = yaml.safe_load(document.read_text("utf-8"))  # YAML reads JSON as well
    except (OSError, yaml.YAMLError) as error:
        raise BadActionError(str(spec.get("slug")), f"cannot read {document}: {error}") from error
    return spec


def _rules(folder: Path) -> list[dict[str, Any]]:
    path = folder / "rules.yaml"
    return yaml.safe_load(path.read_text("utf-8")) if path.is_file() else []


def _give_passwords(session: WriteSession, people: list[dict[str, Any]]) -> None:
    for entry in people:
        person = directory.person_by_email(session, entry["email"])
        # A password somebody changed stays changed, and loading again is quick.
        if "password" in entry and session.get(CredentialTable, person.id) is None:
            authentication.set_password(session, person.id, entry["password"])


def _offer_logins(session: WriteSession, company: dict[str, Any]) -> None:
    passwords = {entry["email"]: entry["password"] for entry in [*company["people"], *company["agents"]]}
    vendor = company["company"]
    names = {"name_zh": vendor["name"]["zh"], "name_en": vendor["name"]["en"]}
    session.merge(DemoCompanyTable(slug=vendor["slug"], **names))
    for position, login in enumerate(company["demo_logins"]):
        kind = _kind(session, login["email"])
        row = session.get(DemoLoginTable, login["email"])
        if row is None:
            row = DemoLoginTable(email=login["email"])
            session.add(row)
        row.password, row.position = passwords[login["email"]], position
        row.label_zh, row.label_en = login["label"]["zh"], login["label"]["en"]
        row.kind = kind


def _kind(session: WriteSession, email: str) -> str:
    viewer = directory.viewer_by_email(session, email)
    if viewer.role is not None:
        return "manager" if viewer.role == Role.ADMIN else str(viewer.role)
    return "vip" if viewer.tier == "vip" else "standard"
