"""Forms of the sample company as customers fill them in, and the article that must be among the four shown.

Fields come as the portal's pages send them: label and shown value, in the form's order.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class State(NamedTuple):
    """One moment of one form; for each of `wanted`, a title that begins with it."""

    locale: str
    product: str | None
    fields: dict[str, str]
    wanted: tuple[str, ...]
    draft: str | None = None
    step: str | None = None


_MOTOR_ZH: Final = {
    "供电电压": "三相 380–480 V",
    "电机类型": "异步电机",
    "电机功率": "5.5 kW（13 A） T5R5",
    "负载类型": "输送机、搅拌机",
}
_MOTOR_EN: Final = {
    "Supply voltage": "Three phase 380–480 V",
    "Motor type": "Induction motor",
    "Motor power": "5.5 kW (13 A) T5R5",
    "Load": "Conveyor or mixer",
}
_SITE_ZH: Final = {"防护等级": "IP20（装在电柜内）", "最高环境温度": "35 °C", "电机电缆长度": "30 m"}
_SITE_EN: Final = {
    "Enclosure": "IP20 (in a cabinet)",
    "Highest ambient temperature": "35 °C",
    "Motor cable length": "30 m",
}
_DRIVE, _GATEWAY, _PRESSURE, _FLOW = "YLD300", "YLG20", "YLP70", "YLF50"
_HOT_ZH, _LONG_ZH = "夏天柜子里温度高", "电机电缆最长能拉多远"
_HOT_EN, _LONG_EN = "Cooling and derating", "How long may the motor cable be"
_STEPS: Final = {
    "zh": ("电源与电机", "安装环境", "控制与选件"),
    "en": ("Supply and motor", "Installation site", "Control"),
}


def _configurator() -> list[State]:
    motor, site, control = _STEPS["zh"]
    found = [
        State("zh", _DRIVE, _MOTOR_ZH | {"防护等级": "IP20（装在电柜内）", "最高环境温度": "48 °C", "电机电缆长度": "120 m"}, (_HOT_ZH, _LONG_ZH), step=site),
        State("zh", _DRIVE, _MOTOR_ZH | {"防护等级": "IP20（装在电柜内）", "最高环境温度": "48 °C"}, (_HOT_ZH,), step=site),
        State("zh", _DRIVE, {"电机电缆长度": "120 m"}, (_LONG_ZH,), step=site),
        State("zh", _DRIVE, _MOTOR_ZH | _SITE_ZH | {"电机电缆长度": "120 m"}, (_LONG_ZH,), step=site),
        State("zh", _DRIVE, _MOTOR_ZH | _SITE_ZH | {"启停与给定": "面板", "制动方式": "制动电阻"}, ("制动电阻",), step=control),
        State("zh", _DRIVE, _MOTOR_ZH | _SITE_ZH | {"启停与给定": "现场总线", "总线": "RS485 Modbus RTU（内置）"}, ("怎么把控制方式改成 485",), step=control),
        State("zh", _DRIVE, _MOTOR_ZH | {"一台变频器带几台电机": "2"}, ("一台变频器能带两台电机",), step=motor),
        State("zh", _DRIVE, _MOTOR_ZH | {"负载类型": "水泵（恒压供水）"}, ("恒压供水",), step=motor),
        State("zh", _DRIVE, _MOTOR_ZH | {"电机功率": "4.0 kW（9.0 A） T4R0"}, ("变频器 4 kW",), step=motor),
        State("zh", _DRIVE, _MOTOR_ZH | {"负载类型": "提升、离心机（频繁制动）"}, ("制动电阻",), step=motor),
    ]  # fmt: skip
    motor, site, control = _STEPS["en"]
    return [
        *found,
        State("en", _DRIVE, _MOTOR_EN | {"Enclosure": "IP20 (in a cabinet)", "Highest ambient temperature": "48 °C", "Motor cable length": "120 m"}, (_HOT_EN, _LONG_EN), step=site),
        State("en", _DRIVE, _MOTOR_EN | _SITE_EN | {"Altitude": "2200 m"}, (_HOT_EN,), step=site),
        State("en", _DRIVE, _MOTOR_EN | {"Enclosure": "IP54 (-W version without cabinet)"}, ("Can I use the drive with IP54",), step=site),
        State("en", _DRIVE, _MOTOR_EN | _SITE_EN | {"EMC class": "C2 (commercial and residential)"}, ("EMC-correct",), step=site),
        State("en", _DRIVE, _MOTOR_EN | {"Motor type": "Permanent magnet motor"}, ("Does the YLD300 support permanent",), step=motor),
        State("en", _DRIVE, _MOTOR_EN | _SITE_EN | {"Commands and speed reference": "Terminals and 4–20 mA"}, ("How do I set a 4–20 mA",), step=control),
        State("en", _DRIVE, _MOTOR_EN | _SITE_EN | {"Commands and speed reference": "Fieldbus", "Fieldbus": "EtherCAT (YLD-OE1)"}, ("Which fieldbus options",), step=control),
        State("en", _DRIVE, _MOTOR_EN | _SITE_EN | {"Braking": "Braking resistor"}, ("Choosing a braking resistor",), step=control),
    ]  # fmt: skip


def _tickets() -> list[State]:
    fault_zh = {"您需要什么？": "设备报警或故障"}
    fault_en = {"What do you need?": "A device shows a fault"}
    gateway_zh, gateway_en = (
        {"产品系列": "YLG20 网关 / 远程 I/O"},
        {"Product line": "YLG20 gateway / remote I/O"},
    )
    drive_zh, drive_en = {"产品系列": "YLD300 变频器"}, {"Product line": "YLD300 inverter"}
    flow_zh, flow_en = {"产品系列": "YLF50 电磁流量计"}, {"Product line": "YLF50 flow meter"}
    pressure_zh, pressure_en = (
        {"产品系列": "YLP70 压力变送器"},
        {"Product line": "YLP70 pressure transmitter"},
    )
    return [
        State("zh", _GATEWAY, fault_zh | gateway_zh | {"故障代码": "F07"}, ("F07",)),
        State("en", _GATEWAY, fault_en | gateway_en | {"Error code": "F07"}, ("Why do I get F07",)),
        State("zh", None, fault_zh | gateway_zh | {"故障代码": "F07"}, ("F07",)),
        State("zh", _GATEWAY, fault_zh | gateway_zh | {"故障代码": "F02"}, ("F02",)),
        State("en", _GATEWAY, fault_en | gateway_en | {"Error code": "F05"}, ("AI channel reports F05",)),
        State("zh", _GATEWAY, fault_zh | gateway_zh | {"标题": "忘记密码登录不了"}, ("忘记网关密码",)),
        State("zh", _DRIVE, fault_zh | drive_zh | {"故障代码": "E-203", "固件版本": "v3.4.0"}, ("变频器报 E-203",)),
        State("en", _DRIVE, fault_en | drive_en | {"Error code": "E-203"}, ("What does fault E-203",)),
        State("zh", _DRIVE, fault_zh | drive_zh | {"故障代码": "E-211", "标题": "散热器过热"}, ("E-211",)),
        State("en", _DRIVE, fault_en | drive_en | {"Error code": "E-209", "Firmware": "v3.3.1"}, ("Fault E-209",)),
        State("zh", _DRIVE, fault_zh | drive_zh | {"故障代码": "E-213"}, ("变频器 485 通讯超时",)),
        State("zh", _DRIVE, drive_zh | {"标题": "减速停机就跳"}, ("停机减速时报 E-205",), draft="一减速停机就报过电压"),
        State("en", _DRIVE, drive_en | {"Firmware": "v3.4.0"}, ("What is new in drive firmware",)),
        State("en", _FLOW, fault_en | flow_en | {"Error code": "A-01"}, ("The flow meter shows A-01",)),
        State("zh", _FLOW, fault_zh | flow_zh | {"故障代码": "A-01"}, ("流量计显示 A-01",)),
        State("zh", _PRESSURE, fault_zh | pressure_zh | {"故障代码": "Er-01"}, ("变送器显示 Er-01",)),
        State("en", _PRESSURE, fault_en | pressure_en | {"Error code": "Er-02"}, ("My transmitter shows Er-02",)),
        State("zh", _PRESSURE, {"您需要什么？": "仪表校准"} | pressure_zh, ("多久校准一次",)),
        State("en", _PRESSURE, {"What do you need?": "Calibration of an instrument"} | pressure_en, ("Checking and calibrating",)),
        State("zh", _DRIVE, {"您需要什么？": "返修 / RMA"} | drive_zh, ("返修流程",)),
        State("zh", None, {"变更类型": "发票抬头、税号或金额更正"}, ("发票抬头或税号开错",)),
        State("en", None, {"Kind of change": "Cancel an order", "Order number": "SO26-104381"}, ("How do I cancel",)),
        State("en", None, {"Kind of change": "Return goods", "State of the goods": "Unopened"}, ("Can I return a product",)),
        State("zh", None, {"变更类型": "修改型号或数量"}, ("下单后还能改型号",), draft="YLD300-T5R5 × 2"),
    ]  # fmt: skip


STATES: Final = (*_configurator(), *_tickets())
