"""Sub-words: whole frequent words of both languages, and the pieces every other word can be spelled with.

A Unigram model picks the most probable split, and its probabilities are counted on segmented text; so
`tokenizer.json` alone cuts Chinese into words about as the segmenter does, and needs no segmenter at run time.
Normalization (NFKC, lower case, traditional → simplified) is inside the file too.
"""

import io
import json
import math
import re
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import rjieba
from opencc import OpenCC
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

from models.segmenter import normalize
from models.training.data import Pair

CHINESE_WORDS = 24_000
LATIN_WORDS = 16_000
LATIN_PIECES = 3_500
NUMBERS = 1_200
OTHER_PIECES = 800
MAX_DIGITS = 4
#: How much the general-purpose dictionary counts beside the corpus, as a share of the corpus' own size.
GENERAL_SHARE = 0.15
#: Log-probability taken from a piece inside a word, so that known words stay whole.
PIECE_PENALTY = 6.0
UNKNOWN, WORD_START = "[UNK]", "▁"

_LATIN = "a-z\u00df-\u00f6\u00f8-\u00ff"
_CJK = "\u3400-\u9fff"
_RUNS = f"{WORD_START}?[{_LATIN}]+|[0-9]+|[{_CJK}]+|[^\\W\\d_{_LATIN}{_CJK}]+"
_RUN = re.compile(_RUNS)
_CJK_CHAR = re.compile(f"[{_CJK}]")
_CJK_CHARS = ((0x3400, 0xA000), (0x20000, 0x323B0))


def build_tokenizer(pairs: Sequence[Pair], general: Path) -> Tokenizer:
    """Count words over the pairs and a general word list (`word frequency …` a line), return the tokenizer."""
    chinese, latin, numbers, others = _count_runs(pairs)
    _add_general(chinese, general)
    pieces: dict[str, float] = {UNKNOWN: -30.0}
    pieces |= {f"<0x{byte:02X}>": -25.0 for byte in range(256)}
    pieces |= _scored(chinese, CHINESE_WORDS) | _numbers(numbers)
    pieces |= _characters(chinese, pieces)
    pieces |= _spelling(others, OTHER_PIECES)
    pieces |= _spelling(latin, LATIN_PIECES) | _scored(latin, LATIN_WORDS)
    tokenizer = Tokenizer(models.Unigram(list(pieces.items()), unk_id=0, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.NFKC(),
            normalizers.Lowercase(),
            normalizers.Precompiled(_simplification()),
            normalizers.Replace(Regex(f"(?<![{_LATIN}])(?=[{_LATIN}])"), WORD_START),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(_RUNS), "removed", invert=True)
    return tokenizer


def _count_runs(pairs: Sequence[Pair]) -> tuple[Counter[str], Counter[str], Counter[str], Counter[str]]:
    chinese: Counter[str] = Counter()
    latin: Counter[str] = Counter()
    numbers: Counter[str] = Counter()
    others: Counter[str] = Counter()
    for pair in pairs:
        for run in _RUN.findall(normalize(f"{pair.a}\n{pair.b}")):
            if _CJK_CHAR.match(run):
                chinese.update(rjieba.cut(run))
            elif run[0].isdigit():
                numbers.update([run] if len(run) <= MAX_DIGITS else ())
            elif re.match(f"[{_LATIN}]", run):
                latin.update([WORD_START + run])
            else:
                others.update([run])
    return chinese, latin, numbers, others


def _add_general(chinese: Counter[str], general: Path) -> None:
    frequencies = {}
    for line in general.read_text(encoding="utf-8").splitlines():
        word, frequency, *_ = line.split()
        if _CJK_CHAR.match(word):
            frequencies[normalize(word)] = int(frequency)
    share = GENERAL_SHARE * sum(chinese.values()) / sum(frequencies.values())
    for word, frequency in frequencies.items():
        if extra := int(frequency * share):
            chinese[word] += extra


def _scored(counts: Counter[str], size: int) -> dict[str, float]:
    total = math.log(sum(counts.values()))
    return {word: math.log(count) - total for word, count in counts.most_common(size)}


def _numbers(counts: Counter[str]) -> dict[str, float]:
    """Frequent numbers, all equally likely, so that the split with the fewest pieces wins."""
    digits = [str(digit) for digit in range(10)]
    return dict.fromkeys([*digits, *(number for number, _ in counts.most_common(NUMBERS))], -8.0)


def _characters(chinese: Counter[str], known: dict[str, float]) -> dict[str, float]:
    """Every character of a counted word, so that no Chinese text is unknown."""
    inside: Counter[str] = Counter()
    for word, count in chinese.items():
        inside.update(dict.fromkeys(word, count))
    total = math.log(sum(chinese.values())) + PIECE_PENALTY
    return {
        char: math.log(count) - total
        for char, count in inside.items()
        if count > 2 and char not in known and _CJK_CHAR.match(char)
    }


def _spelling(words: Counter[str], size: int) -> dict[str, float]:
    """Learn the pieces that spell the words, each word counted once: rare words are what pieces are for."""
    if not words:
        return {}
    learner = Tokenizer(models.Unigram())
    frequent = [word for word, count in words.items() if count > 1]
    learner.train_from_iterator(frequent, trainers.UnigramTrainer(vocab_size=size, show_progress=False))
    vocab = json.loads(learner.to_str())["model"]["vocab"]
    letters = sorted(set("".join(frequent)) - {WORD_START})
    pieces = dict.fromkeys(letters, -16.0) | {piece: score for piece, score in vocab if piece.strip()}
    return {piece: score - PIECE_PENALTY for piece, score in pieces.items()}


def _simplification() -> bytes:
    """Return traditional → simplified, character by character, as the compiled map that tokenizers understand."""
    convert = OpenCC("t2s").convert
    rules = (
        f"{code:X}\t{' '.join(f'{ord(char):X}' for char in simple)}\n"
        for start, end in _CJK_CHARS
        for code in range(start, end)
        if (simple := convert(chr(code))) != chr(code)
    )
    return _compile_rules(rules)


def _compile_rules(rules: Iterable[str]) -> bytes:
    import sentencepiece

    model = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "rules.tsv")
        path.write_text("".join(rules), encoding="utf-8")
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(["a b c d"] * 10),
            model_writer=model,
            vocab_size=8,
            hard_vocab_limit=False,
            normalization_rule_tsv=str(path),
            minloglevel=2,
        )
    settings = dict(_protobuf_bytes(model.getvalue()))[3]  # ModelProto.normalizer_spec
    return dict(_protobuf_bytes(settings))[2]  # NormalizerSpec.precompiled_charsmap


def _protobuf_bytes(message: bytes) -> Iterable[tuple[int, bytes]]:
    """Yield (field number, content) of the length-delimited fields of a protobuf message."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        kind = key & 7
        if kind == 2:
            size, at = _varint(message, at)
            yield key >> 3, message[at : at + size]
            at += size
        elif kind == 0:
            _, at = _varint(message, at)
        else:
            at += 4 if kind == 5 else 8


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value, shift, at = value | (byte & 127) << shift, shift + 7, at + 1
        if byte < 128:
            return value, at
