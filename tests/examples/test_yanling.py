"""The sample company keeps its promises: enough of it, in both languages, and nothing dangling."""

import csv
import datetime
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import openpyxl
import pypdfium2
import pytest
import yaml
from docx import Document

HERE = Path(__file__).parents[2] / "examples" / "yanling"
KNOWLEDGE = HERE / "knowledge"
COLUMNS = {"question", "answer", "product", "audience", "language"}
CHINESE = re.compile(r"[\u4e00-\u9fff]")
GUIDES = sorted(path for path in (KNOWLEDGE / "guides").iterdir())
MANUALS = sorted((KNOWLEDGE / "manuals").glob("*.pdf"))
FORMS = sorted((HERE / "forms").glob("*.yaml"))


@pytest.fixture(scope="module")
def desk():
    return yaml.safe_load((HERE / "company.yaml").read_text("utf-8"))


@pytest.fixture(scope="module")
def faq_rows():
    rows = []
    for path in sorted((KNOWLEDGE / "faq").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows += csv.DictReader(file)
    for path in sorted((KNOWLEDGE / "faq").glob("*.xlsx")):
        header, *lines = openpyxl.load_workbook(path).active.iter_rows(values_only=True)
        rows += [dict(zip(header, [cell or "" for cell in line], strict=True)) for line in lines]
    return rows


@pytest.fixture(scope="module")
def questions():
    return [json.loads(line) for line in (HERE / "questions.jsonl").read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def articles(faq_rows):
    """Every article as (title and file name, text)."""
    found = [(row["question"], row["question"] + row["answer"]) for row in faq_rows]
    found += [(path.name, guide_text(path)) for path in GUIDES]
    found += [(path.name, "".join(pdf_pages(path))) for path in MANUALS]
    return found


def guide_text(path):
    if path.suffix == ".docx":
        document = Document(path)
        cells = (cell.text for table in document.tables for row in table.rows for cell in row.cells)
        return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])
    return path.read_text("utf-8")


def pdf_pages(path):
    document = pypdfium2.PdfDocument(path)
    return [page.get_textpage().get_text_bounded().replace("\r\n", "\n") for page in document]


def share_of_chinese(languages):
    counts = Counter(languages)
    return counts["zh"] / counts.total()


def is_known_audience(rule, desk):
    tiers = {tier["slug"] for tier in desk["tiers"]}
    companies = {company["slug"] for company in desk["companies"]}
    kind, _, name = rule.partition(":")
    return (
        (kind in {"public", "signed-in", "staff"} and not name)
        or (kind == "tier" and name in tiers)
        or (kind == "company" and name in companies)
    )


def test_the_faq_has_at_least_90_rows_and_both_languages_have_two_fifths(faq_rows):
    assert len(faq_rows) >= 90
    assert 0.4 <= share_of_chinese(row["language"] for row in faq_rows) <= 0.6


def test_an_faq_row_is_written_in_the_language_it_claims(faq_rows):
    for row in faq_rows:
        assert set(row) == COLUMNS
        assert (len(CHINESE.findall(row["answer"])) > 20) == (row["language"] == "zh"), row["question"]


def test_an_faq_answer_has_two_sentences_and_a_number(faq_rows):
    for row in faq_rows:
        assert len(re.findall(r"[。.!?;；](?:\s|$|(?=[^\d\s]))", row["answer"])) >= 2, row["question"]
        assert re.search(r"\d", row["answer"]), row["question"]


def test_no_question_is_asked_twice(faq_rows):
    counts = Counter(row["question"] for row in faq_rows)
    assert [question for question, times in counts.items() if times > 1] == []


def test_every_audience_names_a_known_tier_or_company(faq_rows, desk):
    rules = {rule for row in faq_rows for rule in row["audience"].split(",") if rule}
    assert {rule for rule in rules if not is_known_audience(rule, desk)} == set()
    assert {rule.partition(":")[0] for rule in rules} >= {"signed-in", "tier", "company", "staff"}


def test_every_product_of_an_faq_row_is_made_by_the_company(faq_rows, desk):
    made = {product["slug"] for product in desk["products"]}
    assert len(made) >= 3
    assert {row["product"] for row in faq_rows} - {""} <= made


def test_there_are_enough_guides_in_both_languages_and_four_formats():
    languages = [path.name.split(".")[1] for path in GUIDES]
    assert len(GUIDES) >= 16
    assert 0.4 <= share_of_chinese(languages) <= 0.6
    assert {path.suffix for path in GUIDES} == {".md", ".rst", ".html", ".docx"}


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.name)
def test_a_guide_is_long_enough_to_help(path):
    text = guide_text(path)
    size = len(CHINESE.findall(text)) if ".zh." in path.name else len(text.split())
    assert size >= 400
    assert ("|" in text) or ("====" in text) or ("<table" in text) or path.suffix == ".docx"


@pytest.mark.parametrize("path", sorted((KNOWLEDGE / "guides").glob("*.md")), ids=lambda path: path.name)
def test_the_front_matter_of_a_guide_fits_its_file(path, desk):
    front = yaml.safe_load(path.read_text("utf-8").split("---\n")[1])
    assert front["language"] == path.name.split(".")[1]
    assert f"# {front['title']}\n" in path.read_text("utf-8")
    assert all(is_known_audience(rule, desk) for rule in front.get("audience", "public").split(","))


def test_there_are_four_manuals_and_they_are_small():
    assert len(MANUALS) >= 4
    assert sum(path.stat().st_size for path in MANUALS) < 6_000_000


@pytest.mark.parametrize("path", MANUALS, ids=lambda path: path.name)
def test_a_manual_has_twelve_pages_with_contents_and_running_lines(path):
    pages = pdf_pages(path)
    assert len(pages) >= 12
    assert re.search(r"^(目录|Contents)", pages[1], re.MULTILINE)
    assert len(list(pypdfium2.PdfDocument(path).get_toc())) > 10
    number = re.search(r"YL-M-\S+", pages[0]).group()
    running = [page for page in pages[1:] if page.strip()]
    assert all(number in page for page in running)


def test_the_text_of_the_manuals_comes_out_as_it_was_written():
    texts = {path.name: "".join(pdf_pages(path)) for path in MANUALS}
    assert "恒速过电流" in texts["yld300-user-manual.zh.pdf"]
    assert "YLD300-T18R5" in texts["yld300-user-manual.zh.pdf"]
    assert "Backplane break" in texts["ylg20-user-manual.en.pdf"]
    assert "隔离膜片 316L" in texts["ylp70-manual.zh-en.pdf"]
    assert "Empty-pipe threshold" in texts["ylf50-operating-manual.en.pdf"]


def test_one_manual_is_only_chinese_and_one_only_english():
    sizes = {}
    for path in MANUALS:
        body = "".join(pdf_pages(path)[1:])
        sizes[path.name] = len(CHINESE.findall(body))
    assert sizes["ylg20-user-manual.en.pdf"] == 0
    assert sizes["yld300-user-manual.zh.pdf"] > 3000


def test_exactly_one_page_is_only_an_image():
    scanned = [
        (path.name, number)
        for path in MANUALS
        for number, page in enumerate(pypdfium2.PdfDocument(path), start=1)
        if not page.get_textpage().get_text_bounded().strip()
        and [item.type for item in page.get_objects()] == [pypdfium2.raw.FPDF_PAGEOBJ_IMAGE]
    ]
    assert [name for name, _ in scanned] == ["ylp70-manual.zh-en.pdf"]


def test_every_font_of_a_manual_with_chinese_text_is_embedded():
    data = (KNOWLEDGE / "manuals" / "yld300-user-manual.zh.pdf").read_bytes()
    assert data.count(b"/FontFile2") >= 2
    assert b"STSong" not in data


def test_the_desk_is_large_enough(desk):
    assert len(desk["tiers"]) == 3
    assert len(desk["companies"]) >= 8
    assert len(desk["people"]) >= 14
    assert len(desk["agents"]) >= 6
    assert {company["tier"] for company in desk["companies"]} == {tier["slug"] for tier in desk["tiers"]}


@pytest.mark.parametrize("part", ["tiers", "teams", "queues", "sla_policies", "companies", "products"])
def test_a_slug_is_used_once_and_every_name_has_both_languages(desk, part):
    slugs = [item["slug"] for item in desk[part]]
    assert len(slugs) == len(set(slugs))
    assert all(set(item["name"]) == {"zh", "en"} for item in desk[part])


def test_nothing_in_the_desk_points_nowhere(desk):
    tiers = {tier["slug"] for tier in desk["tiers"]}
    teams = {team["slug"] for team in desk["teams"]}
    products = {product["slug"] for product in desk["products"]}
    companies = {company["slug"] for company in desk["companies"]}
    agents = {agent["email"] for agent in desk["agents"]}
    everyone = agents | {person["email"] for person in desk["people"]}
    assert len(everyone) == len(desk["agents"]) + len(desk["people"])
    assert {person["company"] for person in desk["people"]} == companies
    for company in desk["companies"]:
        assert company["tier"] in tiers
        assert company["account_manager"] in agents
        assert set(company["products"]) <= products
    for agent in desk["agents"]:
        assert agent["team"] in teams
        assert set(agent["skills"]) <= products
        assert agent["role"] in {"agent", "editor", "manager", "admin"}
    for queue in desk["queues"]:
        assert queue["team"] in teams
        assert set(queue["conditions"]) == {"tiers", "languages", "kinds"}
        assert set(queue["conditions"]["tiers"]) <= tiers
    assert {policy["tier"] for policy in desk["sla_policies"]} == tiers
    assert {login["email"] for login in desk["demo_logins"]} <= everyone


def test_a_password_is_demo_and_the_role(desk):
    tier_of = {company["slug"]: company["tier"] for company in desk["companies"]}
    assert all(person["password"] == f"demo-{tier_of[person['company']]}" for person in desk["people"])
    assert all(agent["password"] == f"demo-{agent['role']}" for agent in desk["agents"])


def test_every_ticket_finds_a_queue_and_vip_comes_first(desk):
    queues = sorted(desk["queues"], key=lambda queue: queue["position"])
    assert queues[0]["conditions"]["tiers"] == ["vip"]
    assert not any(queues[-1]["conditions"].values())
    assert [queue["position"] for queue in queues] == list(range(1, len(queues) + 1))


def test_a_better_tier_is_promised_an_earlier_answer(desk):
    rank = {tier["slug"]: tier["rank"] for tier in desk["tiers"]}
    policies = sorted(desk["sla_policies"], key=lambda policy: rank[policy["tier"]])
    times = [(policy["first_response_minutes"], policy["resolution_minutes"]) for policy in policies]
    assert times == sorted(times)
    assert len(set(times)) == 3


def test_the_calendar_has_a_lunch_break_holidays_and_a_worked_day_off(desk):
    calendar = desk["calendar"]
    assert calendar["time_zone"] == "Asia/Shanghai"
    assert len(calendar["weekly"]) == 7
    assert len(calendar["weekly"]["monday"]) == 2
    assert all(day["from"] <= day["to"] for day in calendar["holidays"])
    made_up = [day["date"] for day in calendar["working_days"]]
    assert made_up and all(day.weekday() >= 5 for day in made_up)
    assert all(isinstance(day, datetime.date) for day in made_up)


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_a_form_has_the_agreed_shape(path, desk):
    form = yaml.safe_load(path.read_text("utf-8"))
    fields = {field["name"]: field for field in form["fields"]}
    assert form["slug"] == path.stem
    assert form["kind"] in {"ticket", "configurator"}
    assert len(fields) == len(form["fields"])
    for field in form["fields"]:
        assert field["type"] in {"text", "textarea", "select", "number", "checkbox", "email"}
        assert set(field["label"]) == {"zh", "en"}
        assert isinstance(field["required"], bool)
        assert ("options" in field) == (field["type"] == "select")
        re.compile(field.get("pattern", ""))
        for name, value in field.get("visible_when", {}).items():
            assert value in {option["value"] for option in fields[name]["options"]}
    steps = [name for step in form.get("steps", []) for name in step["fields"]]
    assert steps in ([], list(fields)) or sorted(steps) == sorted(fields)
    if form["kind"] == "configurator":
        assert form["product"] in {product["slug"] for product in desk["products"]}


def test_there_are_two_ticket_forms_and_a_configurator():
    kinds = Counter(yaml.safe_load(path.read_text("utf-8"))["kind"] for path in FORMS)
    assert kinds == {"ticket": 2, "configurator": 1}


def test_there_are_enough_questions_in_both_languages(questions):
    answered = [item for item in questions if item["expect"]]
    assert len(answered) >= 80
    assert len(questions) - len(answered) >= 15
    assert 0.4 <= share_of_chinese(item["lang"] for item in questions) <= 0.6


def test_every_expected_answer_exists_and_contains_what_it_should(questions, articles):
    for item in (item for item in questions if item["expect"]):
        matching = [text for name, text in articles if item["expect"] in name]
        assert matching, item
        assert any(item["contains"] in text for text in matching), item


def test_a_reserved_answer_names_a_reader(questions, faq_rows, desk):
    everyone = {person["email"] for person in [*desk["people"], *desk["agents"]]}
    reserved = {row["question"] for row in faq_rows if row["audience"]}
    for item in (item for item in questions if item["expect"]):
        hidden = any(item["expect"] in question for question in reserved)
        open_too = any(item["expect"] in row["question"] for row in faq_rows if not row["audience"])
        assert item.get("as") in everyone or not hidden or open_too, item


@pytest.mark.slow
def test_a_rebuild_gives_the_same_bytes_twice_and_the_committed_text(tmp_path):
    for name in ("one", "two"):
        for script, out in (("build_documents.py", ""), ("build_manuals.py", "manuals")):
            command = [sys.executable, str(HERE / script), "--out", str(tmp_path / name / out)]
            subprocess.run(command, check=True, capture_output=True)
    built = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*.*"))
    assert len(built) == len(MANUALS) + 2
    for path in built:
        assert (tmp_path / "one" / path).read_bytes() == (tmp_path / "two" / path).read_bytes()
    for path in MANUALS:
        assert pdf_pages(tmp_path / "one" / "manuals" / path.name) == pdf_pages(path)
