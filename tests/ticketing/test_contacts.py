from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.db import WriteSession
from tests.ticketing.desk import SAM, VERA, VICTOR, who
from ticketing import contacts, directory, people
from ticketing.contacts import ContactChannel, normal
from ticketing.directory_types import NewPerson
from ticketing.errors_directory import BadContactError, ContactNotFoundError, ContactTakenError


def id_of(session: WriteSession, email: str) -> int:
    found = who(session, email).person_id
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("channel", "written", "kept"),
    [
        (ContactChannel.MAIL, " Vera@ACME.example ", "vera@acme.example"),
        (ContactChannel.PHONE, "+86 (512) 5550-0136", "+8651255500136"),
        (ContactChannel.PHONE, "0046 8 123 456", "+468123456"),
        (ContactChannel.WECHAT, "oAb_12-xY", "oAb_12-xY"),
    ],
)
def test_a_contact_has_one_spelling(channel: ContactChannel, written: str, kept: str) -> None:
    assert normal(channel, written) == kept


@pytest.mark.parametrize(
    ("channel", "written"),
    [
        (ContactChannel.MAIL, "no address"),
        (ContactChannel.PHONE, "call me"),
        (ContactChannel.PHONE, "123"),
        (ContactChannel.PHONE, "１２３４５６７"),
        (ContactChannel.WECHAT, "  "),
        (ContactChannel.WIDGET, "x" * 321),
    ],
)
def test_what_a_channel_cannot_have_is_refused(channel: ContactChannel, written: str) -> None:
    with pytest.raises(BadContactError) as caught:
        normal(channel, written)
    assert caught.value.code == "bad_contact"


@given(channel=st.sampled_from(ContactChannel), written=st.text(max_size=40))
def test_normal_again_is_the_same(channel: ContactChannel, written: str) -> None:
    try:
        once = normal(channel, written)
    except BadContactError:
        return
    assert normal(channel, once) == once


def test_a_person_is_found_by_any_contact(session: WriteSession) -> None:
    vera = id_of(session, VERA)
    contacts.add(session, vera, ContactChannel.PHONE, "+46 70 123 45 67")
    contacts.add(session, vera, ContactChannel.WECHAT, "openid-1")
    assert contacts.owner(session, ContactChannel.PHONE, "0046701234567") == vera
    assert contacts.owner(session, ContactChannel.MAIL, "VERA@acme.example") == vera
    assert contacts.owner(session, ContactChannel.WECHAT, "OPENID-1") is None
    assert [one.email for one in people.people(session, q="701234")[0]] == [VERA]
    assert [(one.id is None, one.value) for one in contacts.contacts(session, vera)] == [
        (True, VERA),
        (False, "+46701234567"),
        (False, "openid-1"),
    ]


def test_a_contact_leads_to_one_person(session: WriteSession) -> None:
    vera, sam = id_of(session, VERA), id_of(session, SAM)
    first = contacts.add(session, vera, ContactChannel.WECHAT, "openid-1")
    assert contacts.add(session, vera, ContactChannel.WECHAT, "openid-1") == first
    with pytest.raises(ContactTakenError) as caught:
        contacts.add(session, sam, ContactChannel.WECHAT, "openid-1")
    assert caught.value.person_id == vera
    with pytest.raises(ContactTakenError):
        contacts.add(session, sam, ContactChannel.MAIL, VERA)
    contacts.add(session, vera, ContactChannel.MAIL, "vera.private@mail.example")
    with pytest.raises(ContactTakenError):
        directory.upsert_person(session, NewPerson(email="Vera.Private@mail.example", name="Somebody"))


def test_a_contact_is_removed_only_from_the_person_who_has_it(session: WriteSession) -> None:
    vera, victor = id_of(session, VERA), id_of(session, VICTOR)
    made = contacts.add(session, vera, ContactChannel.PHONE, "5551234")
    assert made.id is not None
    with pytest.raises(ContactNotFoundError):
        contacts.remove(session, victor, made.id)
    contacts.remove(session, vera, made.id)
    assert contacts.owner(session, ContactChannel.PHONE, "5551234") is None


def test_somebody_without_an_address_is_known_by_the_external_id(session: WriteSession) -> None:
    made = directory.upsert_person(session, NewPerson(name="微信用户", external_id="wx-9"))
    assert made.email is None
    again = directory.upsert_person(
        session, NewPerson(name="王芳", external_id="wx-9", email="fang@acme.example", company="acme")
    )
    assert (again.id, again.email) == (made.id, "fang@acme.example")
