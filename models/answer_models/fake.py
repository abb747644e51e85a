"""A deterministic answer model for tests."""

from collections.abc import Iterator, Sequence

from models.answer_model import Language
from models.types import Passage


class FakeAnswerModel:
    """Answers with the first passage's text and its citation, a word at a time."""

    spec = "fake"

    def compose(self, question: str, passages: Sequence[Passage], *, lang: Language) -> Iterator[str]:
        """Yield the first passage; without passages, one sentence that says so in `lang`."""
        if not passages:
            yield f"没有资料可以回答：{question}" if lang == "zh" else f"Nothing to answer with: {question}"
            return
        for word in passages[0].text.split(" "):
            yield word + " "
        yield f"[{passages[0].number}]"
