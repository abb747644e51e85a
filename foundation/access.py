"""Who is asking: the viewer that every read of knowledge and cases is bound to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a member of staff may do; each role includes the ones before it."""

    AGENT = "agent"
    EDITOR = "editor"
    MANAGER = "manager"
    ADMIN = "admin"

    def includes(self, other: Role) -> bool:
        order = list(Role)
        return order.index(self) >= order.index(other)


class TicketScope(StrEnum):
    """Whose tickets a customer sees, beside the own ones."""

    PERSON = "person"  # nobody else's
    DEPARTMENT = "department"  # the department's
    COMPANY = "company"  # the whole company's


@dataclass(frozen=True, kw_only=True)
class Viewer:
    """Who is asking. `ANONYMOUS` is a visitor nobody knows; staff have a role and no company."""

    person_id: int | None = None
    email: str | None = None
    name: str | None = None
    company: str | None = None  # the company's slug
    department: str | None = None
    tier: str | None = None
    ticket_scope: TicketScope = TicketScope.COMPANY  # means something only for customers of a company
    role: Role | None = None
    agent_id: int | None = None
    locale: str = "zh"

    @property
    def is_signed_in(self) -> bool:
        return self.person_id is not None or self.role is not None

    @property
    def is_staff(self) -> bool:
        return self.role is not None

    def has_role(self, role: Role) -> bool:
        """Whether the viewer's role is `role` or one that includes it."""
        return self.role is not None and self.role.includes(role)


ANONYMOUS = Viewer()
SYSTEM = Viewer(name="Jieda", role=Role.ADMIN)  # jobs and the command line act as the house itself
