"""`jieda user …` and `jieda apikey …`: who can sign in, and keys for machines."""

from __future__ import annotations

import getpass
import sys
from typing import Annotated

import typer

from foundation.access import Role
from foundation.db import write_session
from portal_api import authentication
from portal_api.commands.output import AsJson, print_json
from ticketing import directory
from ticketing.directory_types import NewAgent, NewPerson

users = typer.Typer(no_args_is_help=True, help="People who can sign in.")
keys = typer.Typer(no_args_is_help=True, help="Keys for machines.")


def _ask_password() -> str:
    """From standard input when it is a pipe, so that a password never stands in a process list."""
    return sys.stdin.readline().rstrip("\n") if not sys.stdin.isatty() else getpass.getpass("Password: ")


@users.command("add")
def add(
    email: str,
    name: Annotated[str, typer.Option(help="How the person is called.")] = "",
    role: Annotated[Role | None, typer.Option(help="For staff; a customer has none.")] = None,
    company: Annotated[str | None, typer.Option(help="Slug of the customer's company.")] = None,
    locale: Annotated[str, typer.Option(help="zh or en")] = "zh",
    as_json: AsJson = False,
) -> None:
    """Add a person who can sign in; the password is asked for, or read from standard input."""
    password = _ask_password()
    with write_session() as session:
        new = NewPerson(email=email, name=name or email, locale=locale, company=company)
        person_id = directory.upsert_person(session, new).id
        if role is not None:
            directory.upsert_agent(session, NewAgent(email=email, role=role))
        authentication.set_password(session, person_id, password)
    if as_json:
        print_json({"person_id": person_id, "email": email})
    else:
        typer.echo(f"added {email}")


@users.command("passwd")
def passwd(email: str) -> None:
    """Give a person a new password; their open sessions end."""
    password = _ask_password()
    with write_session() as session:
        person_id = directory.viewer_by_email(session, email).person_id
        assert person_id is not None
        authentication.set_password(session, person_id, password)
    typer.echo(f"changed the password of {email}")


@keys.command("create")
def create(
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    role: Annotated[Role | None, typer.Option(help="Without one the key sees what a visitor sees.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a key for a machine; it is shown once."""
    with write_session() as session:
        made = authentication.create_api_key(session, name, role)
    if as_json:
        print_json({"id": made.id, "name": made.name, "key": made.key})
    else:
        typer.echo(made.key)
