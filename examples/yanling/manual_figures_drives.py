"""Figures of the drive and gateway manuals."""

from manual_sketch import AMBER, GREY, MIST, PETROL, Sketch, figure


@figure(210, 270)
def drive_front(s: Sketch) -> None:
    s.box(20, 10, 170, 250)
    for i in range(9):
        s.line(45, 232 + 2.6 * i, 165, 232 + 2.6 * i, colour=GREY)
    s.box(50, 130, 110, 90, fill=PETROL)
    s.box(62, 176, 86, 32, "50.00", fill=AMBER)
    for i, key in enumerate(("PRG", "ENT", "RUN", "STOP")):
        s.box(58 + 25 * i, 142, 22, 20, fill=MIST)
        s.text(69 + 25 * i, 149, key, size=6.5)
    s.text(105, 106, "YLD300", size=17)
    s.text(105, 88, "YANLING  砚岭", size=9)
    s.box(36, 26, 138, 44, fill=GREY)
    for i, pin in enumerate(("R", "S", "T", "U", "V", "W")):
        s.circle(51 + 21.5 * i, 48, 7.5, pin)


@figure(400, 200)
def drive_dimensions(s: Sketch) -> None:
    s.box(60, 30, 90, 140, s.say("正面", "front"))
    s.measure(60, 18, 150, 18, "W")
    s.measure(165, 30, 165, 170, "H")
    s.box(240, 30, 100, 140, s.say("侧面", "side"))
    s.measure(240, 18, 340, 18, "D")
    s.circle(74, 160, 3, fill=GREY)
    s.circle(136, 160, 3, fill=GREY)
    s.measure(74, 178, 136, 178, "W1")
    s.text(28, 98, "2 × φ5.5", size=8)
    s.line(34, 110, 70, 158, colour=GREY)


@figure(300, 220)
def drive_clearance(s: Sketch) -> None:
    s.line(30, 10, 30, 212, 270, 212, 270, 10, colour=GREY, width=2)
    s.box(110, 65, 80, 90, "YLD300")
    s.measure(150, 157, 150, 208, "≥ 100 mm")
    s.measure(150, 12, 150, 63, "≥ 100 mm")
    s.measure(33, 110, 107, 110, "≥ 20 mm")
    s.measure(193, 110, 267, 110, "≥ 20 mm")
    for x in (118, 134):
        s.arrow(x, 25, x, 55, colour=AMBER)
        s.arrow(x, 162, x, 196, colour=AMBER)


@figure(460, 190)
def drive_main_circuit(s: Sketch) -> None:
    parts = (
        s.say("断路器", "Breaker"), s.say("接触器", "Contactor"), s.say("进线\n电抗器", "Line\nreactor"),
    )  # fmt: skip
    for i, words in enumerate(parts):
        s.box(36 + 78 * i, 92, 58, 44, words)
    for y in (102, 114, 126):
        s.line(8, y, 36, y)
        for i in range(3):
            s.line(94 + 78 * i, y, 114 + 78 * i, y)
        s.line(350, y, 400, y)
    s.box(270, 70, 80, 90, "YLD300")
    for pin, y in (("R", 126), ("S", 114), ("T", 102)):
        s.text(278, y - 3, pin, size=8)
        s.text(342, y - 3, {"R": "U", "S": "V", "T": "W"}[pin], size=8)
    s.circle(424, 114, 24, "M 3~")
    s.line(290, 70, 290, 42)
    s.line(330, 70, 330, 42)
    s.box(280, 20, 60, 22, s.say("制动电阻", "Resistor"), fill=AMBER)
    s.text(276, 54, "P+", size=8)
    s.text(344, 54, "PB", size=8)
    s.text(8, 142, "L1 L2 L3", size=8, anchor="start")
    s.line(424, 90, 424, 52)
    s.line(414, 52, 434, 52)
    s.text(438, 56, "PE", size=8, anchor="start")


@figure(460, 110)
def drive_terminals(s: Sketch) -> None:
    top = ("10V", "AI1", "AI2", "GND", "AO1", "24V", "COM", "A", "B", "SG")
    bottom = ("DI1", "DI2", "DI3", "DI4", "DI5", "DI6", "COM", "TA", "TB", "TC")
    for row, pins in ((62, top), (18, bottom)):
        for i, pin in enumerate(pins):
            s.box(10 + 44 * i, row, 40, 32)
            s.circle(30 + 44 * i, row + 22, 5, fill=GREY)
            s.text(30 + 44 * i, row + 5, pin, size=8.5)


@figure(360, 170)
def drive_keypad(s: Sketch) -> None:
    s.box(20, 10, 150, 150, fill=PETROL)
    s.box(40, 100, 110, 42, "50.00 Hz", fill=AMBER)
    labels = (
        ("PRG", s.say("进入/退出参数", "parameters in/out")),
        ("ENT", s.say("确认并保存", "confirm and save")),
        ("RUN", s.say("启动", "start")),
        ("STOP", s.say("停止/故障复位", "stop, reset fault")),
    )
    for i, (key, words) in enumerate(labels):
        x, y = 44 + 56 * (i % 2), 62 - 34 * (i // 2)
        s.box(x, y, 46, 22, key)
        s.text(200, 128 - 30 * i, f"{key} — {words}", anchor="start")


@figure(380, 210)
def drive_vf(s: Sketch) -> None:
    s.chart(
        s.say("输出频率 Hz", "output frequency, Hz"),
        s.say("输出电压 %", "output voltage, %"),
        ("0", "25", "50", "75", "100"), ("0", "25", "50", "75", "100"),
    )  # fmt: skip
    s.curve([(0, 0.06), (0.5, 1), (1, 1)])
    s.text(230, 150, s.say("恒功率区", "constant power"), size=8.5)
    s.text(128, 80, s.say("恒转矩区", "constant torque"), size=8.5, anchor="start")


@figure(380, 200)
def drive_derating(s: Sketch) -> None:
    s.chart(
        s.say("环境温度 ℃", "ambient temperature, °C"),
        s.say("允许输出电流 %", "output current allowed, %"),
        ("−10", "5", "20", "35", "50"), ("70", "80", "90", "100"),
    )  # fmt: skip
    s.curve([(0, 1), (50 / 60, 1), (1, 0.5)])


@figure(460, 150)
def bus_rs485(s: Sketch) -> None:
    s.box(10, 90, 80, 44, s.say("主站 PLC", "Master PLC"))
    for i in range(3):
        s.box(150 + 110 * i, 90, 80, 44, s.say(f"从站 {i + 1}", f"Slave {i + 1}"))
    for offset, name in ((44, "A"), (30, "B")):
        s.line(20, offset, 440, offset, colour=PETROL, width=1.6)
        s.text(8, offset - 3, name)
    for x in (40, 180, 290, 400):
        s.line(x, 90, x, 44)
        s.line(x + 14, 90, x + 14, 30)
    for x in (22, 432):
        s.box(x - 6, 28, 12, 18, fill=AMBER)
    s.text(
        230,
        10,
        s.say(
            "两端各一只 120 Ω，最多 32 台，9600 波特时 1200 m",
            "120 Ω at both ends, 32 slaves, 1,200 m at 9600 baud",
        ),
    )


@figure(330, 200)
def gateway_rack(s: Sketch) -> None:
    s.box(10, 12, 310, 14, fill=GREY)
    s.box(20, 30, 74, 160, fill=PETROL)
    s.box(30, 140, 54, 34, "MT", fill=AMBER)
    for i in range(2):
        s.box(34, 94 - 42 * i, 46, 32, "RJ45")
    for i, name in enumerate(("DI", "DO", "AI", "AO", "PS")):
        x = 98 + 44 * i
        s.box(x, 30, 40, 160)
        s.text(x + 20, 172, name, size=11)
        for row in range(8):
            s.circle(x + 12, 152 - 15 * row, 3, fill=AMBER if row < 3 else GREY)
            s.circle(x + 28, 152 - 15 * row, 4.5, fill=MIST)


@figure(460, 190)
def gateway_network(s: Sketch) -> None:
    s.box(10, 140, 100, 40, s.say("SCADA / PLC", "SCADA / PLC"))
    s.box(180, 140, 100, 40, s.say("MQTT 服务器", "MQTT broker"))
    s.box(350, 140, 100, 40, s.say("浏览器", "Browser"))
    s.box(160, 72, 140, 40, "YLG20-MQ", fill=AMBER)
    s.arrow(70, 140, 175, 114)
    s.arrow(230, 112, 230, 138)
    s.arrow(390, 140, 286, 114)
    s.text(82, 116, "502/TCP", size=8)
    s.text(236, 124, "8883/TCP", size=8, anchor="start")
    s.text(372, 116, "443/TCP", size=8)
    s.line(60, 40, 400, 40, colour=PETROL, width=1.6)
    s.line(230, 72, 230, 40)
    for i, name in enumerate(("YLD300", "YLP70", "YLF50")):
        s.box(60 + 130 * i, 4, 80, 24, name)
        s.line(100 + 130 * i, 28, 100 + 130 * i, 40)
    s.text(410, 37, "RS485", size=8, anchor="start")


@figure(460, 130)
def gateway_power(s: Sketch) -> None:
    s.box(10, 50, 60, 60, s.say("主站", "Head"), fill=AMBER)
    s.box(76, 50, 120, 60, s.say("12 个模块", "12 modules"))
    s.box(202, 50, 44, 60, "PS", fill=AMBER)
    s.box(252, 50, 120, 60, s.say("12 个模块", "12 modules"))
    s.box(378, 50, 44, 60, "PS", fill=AMBER)
    s.line(10, 20, 440, 20, colour=PETROL, width=1.8)
    for x in (40, 224, 400):
        s.arrow(x, 20, x, 48, colour=PETROL)
    s.text(230, 6, "24 V DC")
    s.text(430, 77, "…", size=12)


@figure(420, 150)
def gateway_inputs(s: Sketch) -> None:
    for x, kind, common in ((20, "PNP", "0 V"), (230, "NPN", "24 V")):
        s.box(x, 60, 60, 50, f"{kind}\n" + s.say("传感器", "sensor"))
        s.box(x + 110, 40, 60, 90, "16DI")
        s.arrow(x + 60, 92, x + 108, 92)
        s.text(x + 84, 97, "DI0", size=8)
        s.line(x + 140, 40, x + 140, 22)
        s.text(x + 140, 8, f"COM → {common}")
