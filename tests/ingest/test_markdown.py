from ingest.parsers import markdown
from ingest.types import BlockKind


def kinds(source: str) -> list[tuple[str, str]]:
    return [(str(block.kind), block.text) for block in markdown.parse(source).blocks]


def test_front_matter_becomes_metadata_and_no_text():
    parsed = markdown.parse("---\ntitle: 选型\nProduct: YLD300\nversion: 1.4\ntags: [a]\n---\n\n正文。")
    assert parsed.metadata == {"title": "选型", "product": "YLD300", "version": "1.4"}
    assert [block.text for block in parsed.blocks] == ["正文。"]


def test_broken_front_matter_does_not_fail_the_file():
    assert [block.text for block in markdown.parse("---\n: : [\n---\n\nText.").blocks] == ["Text."]


def test_a_code_fence_is_kept_verbatim_with_its_language():
    block = markdown.parse('```sql\nSELECT  "{{ a }}" -- *x*\n\n  FROM t;\n```').blocks[0]
    assert block.kind is BlockKind.CODE
    assert block.text == 'SELECT  "{{ a }}" -- *x*\n\n  FROM t;'
    assert block.markdown == f"```sql\n{block.text}\n```"


def test_a_table_row_is_found_with_its_headers_and_shown_as_a_table():
    block = markdown.parse(
        "| Model | Current |\n|---|---|\n| `T4R0` | 9 A |\n| T5R5 | 13 A \\| max |"
    ).blocks[0]
    assert block.kind is BlockKind.TABLE
    assert block.text == "Model: T4R0; Current: 9 A\nModel: T5R5; Current: 13 A | max"
    assert block.markdown.splitlines()[2] == "| `T4R0` | 9 A |"
    assert block.markdown.splitlines()[3] == "| T5R5 | 13 A \\| max |"


def test_links_keep_their_words_and_only_absolute_addresses():
    block = markdown.parse("See [guide](/a.md) and [site](https://x.io/a_(b)).").blocks[0]
    assert block.text == "See guide and site."
    assert block.markdown == "See guide and [site](https://x.io/a_%28b%29)."


def test_line_breaks_inside_chinese_leave_no_blank_and_inside_english_one():
    assert kinds("第一行\n第二行") == [("text", "第一行第二行")]
    assert kinds("one\ntwo") == [("text", "one two")]


def test_site_generator_marks_go_and_placeholders_stay():
    source = '{{< copyable "sql" >}}\n\n# Use {{{ .starter }}}\n\nRun `tiup <name>` with <version>.\n\n<SimpleTab>\n\nInside.\n\n</SimpleTab>'
    assert kinds(source) == [
        ("heading", "Use starter"),
        ("text", "Run tiup <name> with <version>."),
        ("text", "Inside."),
    ]


def test_a_step_with_a_listing_keeps_its_number_and_order():
    found = kinds("1. First\n\n    ```sh\n    ls\n    ```\n\n2. Second")
    assert found == [("text", "1. First"), ("code", "ls"), ("list", "2. Second")]


def test_embedded_html_tables_are_tables():
    block = markdown.parse(
        "<table><tr><th>A</th><th>B</th></tr><tr><td rowspan=2>x</td><td>1</td></tr><tr><td>2</td></tr></table>"
    ).blocks[0]
    assert block.text == "A: x; B: 1\nA: x; B: 2"


def test_plain_words_that_look_like_markdown_are_shown_as_they_are():
    block = markdown.parse("a \\* b \\_c\\_ 192.168.4.\\*").blocks[0]
    assert block.text == "a * b _c_ 192.168.4.*"
    assert markdown.parse(block.markdown).blocks[0].text == block.text


def test_a_table_of_contents_is_no_text_but_a_list_of_sources_is():
    local = "# 目录\n\n" + "".join(f"- [第 {n} 页](/p{n}.md)\n" for n in range(6)) + "- 其他\n"
    assert markdown.parse(local).blocks == ()
    assert len(markdown.parse(local.replace("(/p", "(https://x.io/p")).blocks) == 2
