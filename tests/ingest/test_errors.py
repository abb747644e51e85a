"""Every reason is told in both languages."""

from __future__ import annotations

import re

import pytest

from ingest.errors import ADVICE, ADVICE_ZH, UnreadableFileError, messages
from ingest.progress import to_json


def test_every_code_has_advice_in_both_languages():
    assert ADVICE.keys() == ADVICE_ZH.keys()
    assert all(re.search("[\u4e00-\u9fff]", text) for text in ADVICE_ZH.values())


@pytest.mark.parametrize("code", ["too_large", "bad_faq_table"])
def test_the_detail_stands_in_both_languages(code):
    told = messages(code, UnreadableFileError(code, "300 MB").message)
    assert told == {"en": f"{ADVICE[code]} (300 MB)", "zh": f"{ADVICE_ZH[code]}（300 MB）"}


def test_without_detail_there_is_only_the_advice():
    assert messages("no_text", ADVICE["no_text"])["zh"] == ADVICE_ZH["no_text"]


def test_a_failed_file_says_why_in_both_languages(ingest, tmp_path):
    (tmp_path / "a.md").write_text("")
    (tmp_path / "b.md").write_text("Text that can be read.")
    files = {file["path"]: file for file in to_json(ingest(tmp_path))["files"]}
    failed, fine = files[f"{tmp_path.name}/a.md"], files[f"{tmp_path.name}/b.md"]
    assert failed["messages"] == {"zh": ADVICE_ZH["empty_file"], "en": failed["message"]}
    assert fine["messages"] is None
