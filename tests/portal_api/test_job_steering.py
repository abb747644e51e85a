"""Ingest jobs over HTTP: what an editor sees of them, and how they are steered."""

from __future__ import annotations

import io
import json
import time
from pathlib import Path
from typing import Any

from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from foundation.settings import Settings
from tests.portal_api.conftest import Browser

ENDED = {"done", "failed", "cancelled", "needs_confirmation"}


def upload(browser: Browser, content: str) -> int:
    answer = browser.client.post(
        "/api/v1/sources", files={"files": ("faq.csv", content.encode())}, data={"collection": "faq"}
    )
    assert answer.status_code == 202, answer.text
    return int(answer.json()["job_id"])


def job_of(browser: Browser, job_id: int) -> dict[str, Any]:
    return dict(browser.client.get(f"/api/v1/jobs/{job_id}").json())


def wait_for(browser: Browser, job_id: int) -> dict[str, Any]:
    deadline = time.monotonic() + 120
    while (job := job_of(browser, job_id))["state"] not in ENDED and time.monotonic() < deadline:
        time.sleep(0.05)
    return job


def table(rows: int) -> str:
    return "question,answer\n" + "".join(
        f"What does code E{row} mean?,Part {row} is worn.\n" for row in range(rows)
    )


def test_a_job_shows_each_file_with_its_stage_size_and_cost(browser: Browser, people: None) -> None:
    browser.sign_in("editor@vendor.example")
    job = wait_for(browser, upload(browser, table(3)))
    assert (job["state"], job["stage"], job["pages_unknown"]) == ("done", "finished", 0)
    assert job["pages_done"] == job["pages_total"] > 0
    (file,) = job["files"]
    assert (file["path"], file["attempts"], file["chunks"], file["embedded"]) == ("faq.csv", 1, 3, 3)
    assert file["bytes"] == len(table(3))
    assert {"fetch", "read", "embed", "publish"} <= file["timings"].keys()


def test_vanished_articles_are_asked_about_and_the_answer_is_carried_out(
    browser: Browser, people: None
) -> None:
    browser.sign_in("editor@vendor.example")
    wait_for(browser, upload(browser, table(30)))
    refused = wait_for(browser, upload(browser, table(2)))
    assert (refused["state"], refused["pending_removals"], refused["pending_of"]) == (
        "needs_confirmation",
        28,
        30,
    )
    path = f"/api/v1/jobs/{refused['id']}/removals"
    assert browser.client.post(path, json={"allow": False}).json()["state"] == "done"
    asked = wait_for(browser, upload(browser, table(2) + "What does code E99 mean?,New.\n"))
    path = f"/api/v1/jobs/{asked['id']}/removals"
    assert browser.client.post(path, json={"allow": True}).json()["state"] in {"queued", "running", "done"}
    done = wait_for(browser, asked["id"])
    assert (done["state"], done["removed"], done["articles"]) == ("done", 28, 3)


def test_what_has_ended_is_refused_with_its_state(browser: Browser, people: None) -> None:
    browser.sign_in("editor@vendor.example")
    job = wait_for(browser, upload(browser, table(1)))
    for verb, body in (("pause", {}), ("resume", {}), ("cancel", {}), ("removals", {"allow": True})):
        answer = browser.client.post(f"/api/v1/jobs/{job['id']}/{verb}", json=body)
        assert (answer.status_code, answer.json()["code"], answer.json()["state"]) == (
            409,
            "job_state",
            "done",
        )
    answer = browser.client.post(f"/api/v1/jobs/{job['id']}/retry", json={})
    assert (answer.status_code, answer.json()["code"]) == (404, "ingest_file_not_found")
    assert browser.client.post("/api/v1/jobs/999/pause").status_code == 404


def test_a_failed_file_is_read_again_when_asked(browser: Browser, people: None) -> None:
    browser.sign_in("editor@vendor.example")
    job = wait_for(browser, upload(browser, "question,remark\nWhy?,No answer here.\n"))
    (file,) = job["files"]
    assert (file["state"], file["code"]) == ("failed", "bad_faq_table")
    assert set(file["messages"]) == {"zh", "en"}
    body = {"file_ids": [file["id"]]}
    assert browser.client.post(f"/api/v1/jobs/{job['id']}/retry", json=body).status_code == 200
    again = wait_for(browser, job["id"])
    assert (again["state"], again["failed"]) == ("done", 1)


def locked_pdf(password: str) -> bytes:
    made = io.BytesIO()
    canvas = Canvas(made, encrypt=StandardEncryption(password, canPrint=0))
    canvas.drawString(60, 700, "The pump must be vented before it is started for the first time.")
    canvas.save()
    return made.getvalue()


def kept_passwords(settings: Settings) -> list[Path]:
    folder = settings.files_dir / "passwords"
    return list(folder.iterdir()) if folder.is_dir() else []


def test_a_locked_file_is_read_with_the_password_sent_along_and_nothing_keeps_it(
    browser: Browser, people: None, settings: Settings
) -> None:
    browser.sign_in("editor@vendor.example")
    files = {"files": ("pump.pdf", locked_pdf("open sesame"))}
    sent = browser.client.post("/api/v1/sources", files=files, data={"password": "open sesame"})
    job = wait_for(browser, int(sent.json()["job_id"]))
    assert [(file["state"], file["code"]) for file in job["files"]] == [("ingested", None)]
    assert kept_passwords(settings) == []
    assert "sesame" not in json.dumps(job)
    database = settings.data_dir / "jieda.db"
    assert not database.exists() or b"open sesame" not in database.read_bytes()


def test_a_file_that_was_locked_is_tried_again_with_a_password(
    browser: Browser, people: None, settings: Settings
) -> None:
    browser.sign_in("editor@vendor.example")
    sent = browser.client.post("/api/v1/sources", files={"files": ("pump.pdf", locked_pdf("secret"))})
    job = wait_for(browser, int(sent.json()["job_id"]))
    (file,) = job["files"]
    assert file["code"] == "encrypted_pdf"
    retry = f"/api/v1/jobs/{job['id']}/retry"
    wrong = {"file_ids": [file["id"]], "password": "no"}
    assert browser.client.post(retry, json=wrong).status_code == 200
    assert wait_for(browser, job["id"])["files"][0]["code"] == "wrong_password"
    right = {"file_ids": [file["id"]], "password": "secret"}
    assert browser.client.post(retry, json=right).status_code == 200
    assert wait_for(browser, job["id"])["files"][0]["state"] == "ingested"
    assert kept_passwords(settings) == []


def test_a_password_longer_than_any_is_refused(browser: Browser, people: None) -> None:
    browser.sign_in("editor@vendor.example")
    files = {"files": ("pump.pdf", b"%PDF")}
    answer = browser.client.post("/api/v1/sources", files=files, data={"password": "x" * 201})
    assert answer.status_code == 422
    answer = browser.client.post("/api/v1/jobs/1/retry", json={"password": "x" * 201})
    assert answer.status_code == 422
