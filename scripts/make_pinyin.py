"""Write retrieval/pinyin.txt: the toneless syllables of Mandarin, each with the characters that are read so.

A line has the syllable, the characters commonly read so, and those that may be, each after a space.

    pip install pypinyin && python scripts/make_pinyin.py

Characters are those of GB 2312, which is what people type, with their commonest readings; the source is
pypinyin's table (pinyin-data, MIT). Rarely needed again: the table changes as little as the language.
"""

from __future__ import annotations

import unicodedata
from pathlib import Path

from pypinyin.pinyin_dict import pinyin_dict

_TABLE = Path(__file__).parent.parent / "retrieval" / "pinyin.txt"
_READINGS = 3  # of one character, the commonest first


def main() -> None:
    by_sound: dict[str, tuple[list[str], list[str]]] = {}
    for character in _common():
        read = [_toneless(one) for one in pinyin_dict.get(ord(character), "").split(",")[:_READINGS]]
        for at, syllable in enumerate(dict.fromkeys(read)):
            if set("aeiouv") & set(syllable):
                by_sound.setdefault(syllable, ([], []))[min(at, 1)].append(character)
    lines = [
        f"{syllable} {''.join(first)} {''.join(more)}\n"
        for syllable, (first, more) in sorted(by_sound.items())
    ]
    _TABLE.write_text("".join(lines), "utf-8")


def _common() -> list[str]:
    cells = ((row, cell) for row in range(0xB0, 0xF8) for cell in range(0xA1, 0xFF))
    return [character for pair in cells for character in bytes(pair).decode("gb2312", "ignore")]


def _toneless(reading: str) -> str:
    """`lǜ` → `lv`, as it is typed."""
    decomposed = unicodedata.normalize("NFD", reading).replace("u\u0308", "v")
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


if __name__ == "__main__":
    main()
