"""What rules can speak of: fields with their types, the comparisons of each type, words for people.

The one list that validation, evaluation and the console's editor share.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ticketing.directory_types import Words
from ticketing.rule_types import Do, Op, When


class Kind(StrEnum):
    """The type of a field."""

    TEXT = "text"
    CHOICE = "choice"
    NUMBER = "number"
    FLAG = "flag"
    LIST = "list"
    ANY = "any"  # a vendor's own field: text or number, as it comes


_EMPTY = (Op.IS_EMPTY, Op.IS_NOT_EMPTY)
_EQUAL = (Op.IS, Op.IS_NOT)
_AMONG = (Op.IN, Op.NOT_IN)
_INSIDE = (Op.CONTAINS, Op.NOT_CONTAINS)
_ORDER = (Op.LT, Op.LTE, Op.GT, Op.GTE)

OPS: dict[Kind, tuple[Op, ...]] = {
    Kind.TEXT: (*_INSIDE, *_EQUAL, Op.STARTS_WITH, *_AMONG, *_EMPTY),
    Kind.CHOICE: (*_EQUAL, *_AMONG, *_EMPTY),
    Kind.NUMBER: (*_ORDER, *_EQUAL, *_EMPTY),
    Kind.FLAG: (Op.IS,),
    Kind.LIST: (*_INSIDE, *_EMPTY),
    Kind.ANY: (*_EQUAL, *_INSIDE, *_AMONG, *_ORDER, *_EMPTY),
}


@dataclass(frozen=True)
class Field:
    """A field of a condition; `choices` names the list its values come from, if there is one."""

    name: str
    kind: Kind
    words: Words
    choices: str | None = None
    only: tuple[When, ...] = ()  # triggers that know it; empty: all


def _w(zh: str, en: str) -> Words:
    return {"zh": zh, "en": en}


FIELDS: tuple[Field, ...] = (
    Field("ticket.state", Kind.CHOICE, _w("工单状态", "Ticket state"), "states"),
    Field("ticket.status", Kind.CHOICE, _w("工单状态名称", "Ticket status name"), "statuses"),
    Field("ticket.priority", Kind.CHOICE, _w("优先级", "Priority"), "priorities"),
    Field("ticket.kind", Kind.TEXT, _w("工单类型", "Ticket type")),
    Field("ticket.queue", Kind.CHOICE, _w("队列", "Queue"), "queues"),
    Field("ticket.channel", Kind.CHOICE, _w("渠道", "Channel"), "channels"),
    Field("ticket.language", Kind.CHOICE, _w("语言", "Language"), "languages"),
    Field("ticket.department", Kind.TEXT, _w("提单部门", "Department of the ticket")),
    Field("ticket.subject", Kind.TEXT, _w("工单主题", "Ticket subject")),
    Field("ticket.assignee", Kind.CHOICE, _w("负责坐席", "Assignee"), "agents"),
    Field("ticket.is_assigned", Kind.FLAG, _w("已有人负责", "Has an assignee")),
    Field("ticket.is_chat", Kind.FLAG, _w("来自在线对话", "Came from a chat")),
    Field("ticket.is_breached", Kind.FLAG, _w("已超出服务承诺", "Has a broken promise")),
    Field("ticket.age_hours", Kind.NUMBER, _w("工单已存在（小时）", "Age of the ticket (hours)")),
    Field("ticket.waiting_hours", Kind.NUMBER, _w("客户已等待（小时）", "Customer waiting (hours)")),
    Field("person.email", Kind.TEXT, _w("客户邮箱", "Person's e-mail")),
    Field("person.name", Kind.TEXT, _w("客户姓名", "Person's name")),
    Field("person.title", Kind.TEXT, _w("客户职务", "Person's title")),
    Field("person.department", Kind.TEXT, _w("客户部门", "Person's department")),
    Field("person.tags", Kind.LIST, _w("客户标签", "Person's tags")),
    Field("person.external_id", Kind.TEXT, _w("客户外部编号", "Person's external id")),
    Field("person.locale", Kind.CHOICE, _w("客户语言", "Person's language"), "languages"),
    Field("person.is_known", Kind.FLAG, _w("客户已登记", "Person is known")),
    Field("company.slug", Kind.CHOICE, _w("公司", "Company"), "companies"),
    Field("company.tier", Kind.CHOICE, _w("客户等级", "Tier"), "tiers"),
    Field("company.account_manager", Kind.CHOICE, _w("客户经理", "Account manager"), "agents"),
    Field("company.products", Kind.LIST, _w("公司拥有的产品", "Products the company owns")),
    Field("company.tags", Kind.LIST, _w("公司标签", "Company's tags")),
    Field("company.external_id", Kind.TEXT, _w("公司外部编号", "Company's external id")),
    Field("company.contract_days_left", Kind.NUMBER, _w("合同剩余天数", "Days left of the contract")),
    Field("product.serial", Kind.TEXT, _w("产品序列号", "Serial number of the product")),
    Field("product.in_warranty", Kind.FLAG, _w("产品在保修期内", "The product is under warranty")),
    Field("product.code", Kind.TEXT, _w("产品", "Product")),
    Field("product.batch", Kind.TEXT, _w("产品批次", "Batch of the product")),
    Field("product.is_owned", Kind.FLAG, _w("公司拥有该产品", "The company owns the product")),
    Field(
        "product.repairs", Kind.NUMBER, _w("本期返修数", "Repairs in the period"), only=(When.REPAIRS_RISING,)
    ),
    Field(
        "product.repairs_before",
        Kind.NUMBER,
        _w("上期返修数", "Repairs in the period before"),
        only=(When.REPAIRS_RISING,),
    ),
    Field(
        "product.units",
        Kind.NUMBER,
        _w("客户拥有的台数", "Pieces that customers own"),
        only=(When.REPAIRS_RISING,),
    ),
    Field(
        "product.repair_percent",
        Kind.NUMBER,
        _w("返修率（%）", "Repair rate (%)"),
        only=(When.REPAIRS_RISING,),
    ),
    Field("event.rating", Kind.NUMBER, _w("评分（1–5）", "Rating (1–5)"), only=(When.TICKET_RATED,)),
    Field("event.comment", Kind.TEXT, _w("评价留言", "Comment of the rating"), only=(When.TICKET_RATED,)),
    Field("event.change", Kind.CHOICE, _w("变更的内容", "What changed"), "changes", (When.TICKET_CHANGED,)),
    Field("event.before", Kind.TEXT, _w("变更前", "Value before"), only=(When.TICKET_CHANGED,)),
    Field("event.after", Kind.TEXT, _w("变更后", "Value after"), only=(When.TICKET_CHANGED,)),
    Field(
        "event.metric",
        Kind.CHOICE,
        _w("服务承诺项", "Which promise"),
        "metrics",
        (When.SLA_WARNING, When.SLA_BREACHED),
    ),
    Field(
        "event.days",
        Kind.NUMBER,
        _w("沉默天数", "Days of silence"),
        only=(When.TICKET_SILENT, When.COMPANY_SILENT),
    ),
)
BY_NAME = {field.name: field for field in FIELDS}

OWN_FIELDS: dict[str, Words] = {  # a vendor's own names follow the prefix
    "form.": _w("表单字段", "Form field"),
    "company.contract.": _w("合同信息", "Contract"),
    "company.attributes.": _w("公司属性", "Company attribute"),
}


def kind_of(name: str) -> Kind | None:
    """The type of a field; None for one that does not exist."""
    if name in BY_NAME:
        return BY_NAME[name].kind
    for prefix in OWN_FIELDS:
        if name.startswith(prefix) and 0 < len(name) - len(prefix) <= 100:
            return Kind.ANY
    return None


CHANGES = ("state", "priority", "queue", "assignee", "tier")
PLACEHOLDERS = frozenset(
    {"number", "subject", "customer", "company", "product", "batch", "rating", "comment", "days", "agent"}
    | {"survey_link", "ticket_link", "repairs", "repairs_before"}
)

OP_WORDS: dict[Op, Words] = {
    Op.IS: _w("等于", "is"),
    Op.IS_NOT: _w("不等于", "is not"),
    Op.IN: _w("属于其中之一", "is one of"),
    Op.NOT_IN: _w("不属于其中任何一个", "is none of"),
    Op.CONTAINS: _w("包含", "contains"),
    Op.NOT_CONTAINS: _w("不包含", "does not contain"),
    Op.STARTS_WITH: _w("开头是", "starts with"),
    Op.LT: _w("小于", "is less than"),
    Op.LTE: _w("不大于", "is at most"),
    Op.GT: _w("大于", "is more than"),
    Op.GTE: _w("不小于", "is at least"),
    Op.IS_EMPTY: _w("为空", "is empty"),
    Op.IS_NOT_EMPTY: _w("不为空", "is not empty"),
}

WHEN_WORDS: dict[When, Words] = {
    When.TICKET_CREATED: _w("工单创建时", "A ticket is created"),
    When.TICKET_CHANGED: _w("工单变更时", "A ticket changes"),
    When.CUSTOMER_REPLIED: _w("客户回复时", "The customer replies"),
    When.AGENT_REPLIED: _w("坐席公开回复时", "An agent replies publicly"),
    When.TICKET_RESOLVED: _w("工单解决时", "A ticket is resolved"),
    When.TICKET_RATED: _w("客户评分时", "The customer rates"),
    When.SLA_WARNING: _w("服务承诺即将超时", "A promise is about to break"),
    When.SLA_BREACHED: _w("服务承诺已超时", "A promise is broken"),
    When.TICKET_SILENT: _w("工单多日无人回复", "Nobody has written for days"),
    When.COMPANY_SILENT: _w("客户公司多日没有往来", "A company has been silent for days"),
    When.REPAIRS_RISING: _w("某批次返修率上升", "Repairs of a batch are rising"),
}

DO_WORDS: dict[Do, Words] = {
    Do.SET: _w("修改工单", "Change the ticket"),
    Do.ASSIGN: _w("分派工单", "Assign the ticket"),
    Do.NOTIFY: _w("通知同事", "Notify colleagues"),
    Do.TASK: _w("创建内部任务", "Create an internal task"),
    Do.NOTE: _w("添加内部备注", "Add an internal note"),
    Do.MESSAGE: _w("给客户发消息", "Send the customer a message"),
    Do.SURVEY: _w("发送满意度调查", "Send the survey"),
    Do.ARTICLE: _w("推送知识文章", "Push an article"),
    Do.WEBHOOK: _w("调用外部系统", "Call a webhook"),
}
