from ingest.parsers import rst


def texts(source: str) -> list[str]:
    return [block.text for block in rst.parse(source).blocks]


def test_sphinx_roles_and_directives_neither_fail_nor_print(capfd):
    source = """
标题
====

:link_to_translation:`en:[English]`

.. toctree::
   :maxdepth: 1

   a
   b

.. only:: esp32

   见 :ref:`串口 <usb>` 与 :doc:`/guides/start`，:kbd:`Ctrl`，:sup:`2`。

.. code-block:: c
   :caption: x

   int  a = 1;

.. unknown-thing:: argument
   :option: 1

   里面的话。
"""
    assert texts(source) == ["标题", "见 串口 与 start，Ctrl，2。", "int  a = 1;", "里面的话。"]
    assert capfd.readouterr() == ("", "")


def test_nothing_is_included_or_raw(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("TOPSECRET")
    source = f"Text.\n\n.. include:: {secret}\n\n.. raw:: html\n\n   <b>raw</b>\n\n.. literalinclude:: {secret}\n\n.. csv-table::\n   :file: {secret}\n"
    assert texts(source) == ["Text."]


def test_substitutions_are_filled_in_and_broken_references_keep_their_words():
    assert texts("Use |name| and `gone`_ now.\n\n.. |name| replace:: Jieda\n") == ["Use Jieda and gone now."]


def test_an_indented_answer_is_ordinary_text_with_its_list():
    blocks = rst.parse("Q?\n--\n\n  取决于：\n\n  - 一\n  - 二\n").blocks
    assert [(str(block.kind), block.text) for block in blocks] == [
        ("heading", "Q?"),
        ("text", "取决于："),
        ("list", "- 一\n- 二"),
    ]


def test_an_underline_shorter_than_its_chinese_title_still_underlines():
    assert str(rst.parse("很长的中文标题在这里\n------\n\n文。\n").blocks[0].kind) == "heading"


def test_list_tables_keep_their_cells():
    source = ".. list-table::\n   :header-rows: 1\n\n   * - 型号\n     - 电流\n   * - T4\n     - 9 A\n"
    assert texts(source) == ["型号: T4; 电流: 9 A"]


def test_a_title_between_two_lines_is_the_title():
    title = "Updating the firmware of a drive"
    parsed = rst.parse(f"{'=' * 33}\n{title}\n{'=' * 33}\n\nText.\n\nWhich version\n=============\n\nMore.\n")
    assert [(block.text, block.level) for block in parsed.blocks if block.level] == [
        (title, 1),
        ("Which version", 2),
    ]


def test_a_chinese_title_between_two_short_lines_is_the_title():
    parsed = rst.parse("======\n变频器固件升级指南\n======\n\n文。\n\n一节\n----\n\n文。\n")
    assert [(block.text, block.level) for block in parsed.blocks if block.level] == [
        ("变频器固件升级指南", 1),
        ("一节", 2),
    ]


def test_what_the_fields_below_the_title_say_is_known_and_not_printed():
    parsed = rst.parse("Title\n=====\n\n:product: YLD300\n:language: en\n\nText.\n")
    assert parsed.metadata == {"product": "YLD300", "language": "en"}
    assert [block.text for block in parsed.blocks] == ["Title", "Text."]


def test_fields_in_the_text_stay_in_the_text():
    assert "red" in " ".join(texts("Title\n=====\n\nText.\n\n:colour: red\n"))


def test_a_table_is_not_taken_for_titles():
    table = "====  ====\nA     B\n====  ====\n1     2\n====  ====\n"
    assert texts(f"Title\n=====\n\n{table}") == ["Title", "A: 1; B: 2"]


def test_a_literal_between_chinese_characters_needs_no_blanks():
    assert texts("把``CONFIG_A``（默认）设为 ``y``，再编译。\n") == ["把CONFIG_A（默认）设为 y，再编译。"]
