"""What an editor of rules offers: the desk's catalogue with words for people and the values to choose from."""

from __future__ import annotations

from typing import Any

from foundation.db import ReadSession
from ticketing import directory, rule_catalogue, rule_specs, webhooks
from ticketing import service as ticketing
from ticketing.directory_types import Words
from ticketing.rule_types import NEEDS_TICKET, WITHOUT_TICKET, Do, When
from ticketing.types import Channel, Metric, Priority

_PRIORITY_WORDS = {
    Priority.LOW: {"zh": "低", "en": "Low"},
    Priority.NORMAL: {"zh": "普通", "en": "Normal"},
    Priority.HIGH: {"zh": "高", "en": "High"},
    Priority.URGENT: {"zh": "紧急", "en": "Urgent"},
}
_METRIC_WORDS = {
    Metric.FIRST_RESPONSE: {"zh": "首次响应", "en": "First response"},
    Metric.RESOLUTION: {"zh": "解决", "en": "Resolution"},
}
_CHANGE_WORDS = {
    "state": {"zh": "状态", "en": "State"},
    "priority": {"zh": "优先级", "en": "Priority"},
    "queue": {"zh": "队列", "en": "Queue"},
    "assignee": {"zh": "负责坐席", "en": "Assignee"},
    "tier": {"zh": "客户等级", "en": "Tier"},
}
_CHANNEL_WORDS = {
    "widget": {"zh": "在线对话", "en": "Chat widget"},
    "form": {"zh": "表单", "en": "Form"},
    "api": {"zh": "接口", "en": "API"},
}
_LANGUAGE_WORDS = {"zh": {"zh": "中文", "en": "Chinese"}, "en": {"zh": "英文", "en": "English"}}
_PEOPLE_WORDS = {
    "assignee": {"zh": "当前负责坐席", "en": "The assignee"},
    "account_manager": {"zh": "客户经理", "en": "The account manager"},
    "manager": {"zh": "服务经理", "en": "The service manager"},
    "managers": {"zh": "全部服务经理", "en": "All service managers"},
    "nobody": {"zh": "不指定（放回队列）", "en": "Nobody (back to the queue)"},
}


def catalogue(session: ReadSession) -> dict[str, Any]:
    """Fields, comparisons, triggers and actions with their words, and every list to choose from."""
    return {
        "fields": [
            {
                "name": one.name,
                "kind": str(one.kind),
                "words": one.words,
                "choices": one.choices,
                "only": [str(when) for when in one.only],
            }
            for one in rule_catalogue.FIELDS
        ],
        "own_fields": [
            {"prefix": prefix, "words": words} for prefix, words in rule_catalogue.OWN_FIELDS.items()
        ],
        "operators": {str(op): words for op, words in rule_catalogue.OP_WORDS.items()},
        "operators_by_kind": {str(kind): [str(op) for op in ops] for kind, ops in rule_catalogue.OPS.items()},
        "triggers": [
            {
                "on": str(one),
                "words": rule_catalogue.WHEN_WORDS[one],
                "has_ticket": one not in WITHOUT_TICKET,
                "options": rule_specs.default_options(one),
            }
            for one in When
        ],
        "actions": [
            {"do": str(one), "words": rule_catalogue.DO_WORDS[one], "needs_ticket": one in NEEDS_TICKET}
            for one in Do
        ],
        "placeholders": sorted(rule_catalogue.PLACEHOLDERS),
        "choices": _choices(session),
    }


def _choices(session: ReadSession) -> dict[str, list[dict[str, Any]]]:
    statuses = ticketing.statuses(session)
    by_type: dict[str, Words] = {}
    for one in statuses:
        by_type.setdefault(str(one.type), one.name)
    agents = [(one.email, {"zh": one.name, "en": one.name}) for one in directory.agents(session)]
    return {
        "states": _listed(by_type),
        "statuses": _listed({one.slug: one.name for one in statuses}),
        "priorities": _listed(_PRIORITY_WORDS),
        "queues": _listed({one.slug: one.name for one in ticketing.queues(session)}),
        "channels": _listed({str(one): _CHANNEL_WORDS.get(str(one), _same(one)) for one in Channel}),
        "languages": _listed(_LANGUAGE_WORDS),
        "agents": _listed(dict(agents)),
        "companies": _listed({one.slug: one.name for one in directory.companies(session)}),
        "tiers": _listed({one.slug: one.name for one in directory.tiers(session)}),
        "changes": _listed(_CHANGE_WORDS),
        "metrics": _listed({one: _METRIC_WORDS.get(one, _same(one)) for one in Metric}),
        "people": _listed(_PEOPLE_WORDS),
        "webhooks": [
            {"value": one.id, "words": {"zh": one.name, "en": one.name}} for one in webhooks.webhooks(session)
        ],
    }


def _same(value: str) -> Words:
    return {"zh": str(value), "en": str(value)}


def _listed(words: Any) -> list[dict[str, Any]]:
    return [{"value": str(value), "words": named} for value, named in words.items()]
