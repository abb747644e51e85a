import pytest

from ingest.errors import UnreadableFileError
from ingest.parsers import html

PAGE = """<html lang="en"><head><title>Pump</title><style>p{}</style></head><body>
<nav><a href="/">Home</a> Menu</nav><header>Brand</header>
<main><h1 id="top">Pump</h1><p>Press <b>SET</b> for <code>3</code> seconds.<br>Then wait.</p>
<aside>Related</aside><pre><code class="language-sh">ls -l</code></pre>
<ul><li>One<ul><li>deep</li></ul></li><li>Two</li></ul></main><footer>Imprint</footer><script>x()</script></body></html>"""


def test_only_the_main_content_is_read_in_order():
    parsed = html.parse(PAGE)
    assert [block.text for block in parsed.blocks] == [
        "Pump",
        "Press SET for 3 seconds.\nThen wait.",
        "ls -l",
        "- One\n  - deep\n- Two",
    ]
    assert (parsed.title, parsed.metadata) == ("Pump", {"language": "en"})
    assert parsed.blocks[0].anchor == "top"
    assert parsed.blocks[1].markdown == "Press **SET** for `3` seconds.  \nThen wait."


def test_a_page_without_words_says_so():
    with pytest.raises(UnreadableFileError) as caught:
        html.parse("<html><body><script>1</script></body></html>")
    assert caught.value.code == "no_text"


def test_a_page_is_read_in_the_encoding_it_names():
    raw = '<meta charset="gb2312"><p>变频器报警</p>'.encode("gb18030")
    assert html.decode(raw).endswith("<p>变频器报警</p>")


def test_layout_tables_are_read_as_text():
    source = "<table role=presentation><tr><td><h2>Head</h2><p>Words.</p></td></tr></table>"
    assert [block.text for block in html.parse(source).blocks] == ["Head", "Words."]


def test_unknown_tags_do_not_break_a_sentence_and_rows_of_links_are_no_text():
    source = (
        "<main><p><a href='https://a.io'>Home</a> <a href='https://b.io'>Steel</a> <a href='https://c.io'>About</a></p>"
        "<div>It costs $<x:num>70</x:num>.</div></main>"
    )
    assert [block.text for block in html.parse(source).blocks] == ["It costs $70."]


def test_a_title_across_a_table_is_not_its_header():
    source = "<table><tr><td colspan=2>Weights</td></tr><tr><td>Model</td><td>kg</td></tr><tr><td>A</td><td>1</td></tr></table>"
    assert [block.text for block in html.parse(source).blocks] == ["Weights", "Model: A; kg: 1"]
