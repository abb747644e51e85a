import pytest

from ingest.errors import UnreadableFileError
from ingest.parsers import plain


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-32", "big5"]
)
def test_chinese_is_read_in_any_common_encoding(encoding):
    text = (
        "變頻器報警處理方法，請檢查電源電壓。" * 4 if encoding == "big5" else "变频器报警，请检查电源电压。"
    )
    assert plain.decode(text.encode(encoding)).lstrip("\ufeff") == text


def test_binary_content_is_refused_with_a_code():
    with pytest.raises(UnreadableFileError) as caught:
        plain.decode(bytes(range(256)) * 20)
    assert caught.value.code == "bad_encoding"


def test_wrapped_lines_are_joined_and_short_lines_kept():
    blocks = plain.parse(
        "This line was wrapped by a mail program at some\nwidth and goes on here until it ends at last.\n\nA\nB\n"
    ).blocks
    assert [block.text for block in blocks] == [
        "This line was wrapped by a mail program at some width and goes on here until it ends at last.",
        "A\nB",
    ]


def test_a_numbered_line_that_stands_alone_is_a_heading():
    assert [str(block.kind) for block in plain.parse("第一章 安装\n\n请先断电。").blocks] == [
        "heading",
        "text",
    ]
