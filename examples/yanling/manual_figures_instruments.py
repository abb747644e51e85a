"""Figures of the pressure transmitter and flow meter manuals."""

from manual_sketch import AMBER, GREY, MIST, PETROL, Sketch, figure


@figure(200, 270)
def pressure_body(s: Sketch) -> None:
    s.circle(100, 195, 62, fill=PETROL)
    s.circle(100, 195, 46, fill=MIST)
    s.box(70, 188, 60, 26, "0.812", fill=AMBER)
    s.text(100, 172, "MPa", size=9)
    s.box(84, 112, 32, 24, fill=GREY)
    s.box(66, 74, 68, 38)
    s.box(84, 34, 32, 40, fill=GREY)
    for i in range(7):
        s.line(84, 38 + 5 * i, 116, 40 + 5 * i)
    s.box(160, 180, 32, 26, fill=GREY)
    s.text(100, 90, "27 mm", size=8)
    s.text(100, 18, "M20×1.5", size=9)


@figure(420, 152)
def pressure_loop(s: Sketch) -> None:
    s.box(20, 100, 90, 48, s.say("24 V DC\n电源", "24 V DC\nsupply"))
    s.box(290, 100, 100, 48, "YLP70", fill=AMBER)
    s.box(150, 20, 110, 44, s.say("采集卡 AI", "Analogue input"))
    s.arrow(110, 136, 288, 136)
    s.text(200, 141, "+ → 1", size=8.5)
    s.line(340, 100, 340, 42)
    s.arrow(340, 42, 262, 42)
    s.text(346, 72, s.say("2，4–20 mA", "2, 4–20 mA"), size=8.5, anchor="start")
    s.line(150, 42, 65, 42, 65, 100)
    s.text(60, 72, "−", size=10, anchor="end")
    s.text(205, 4, s.say("屏蔽层只在采集侧接地", "shield earthed at the input only"), size=8.5)


@figure(460, 180)
def pressure_tapping(s: Sketch) -> None:
    cases = (
        (75, s.say("液体", "liquid"), -1), (230, s.say("气体", "gas"), 1), (385, s.say("蒸汽", "steam"), -1),
    )  # fmt: skip
    for x, words, side in cases:
        s.circle(x, 96, 30, words)
        y = 96 + side * 58
        if side > 0:
            s.line(x, 126, x, y)
            s.box(x - 18, y, 36, 20, "P", fill=AMBER)
        else:
            s.line(x + 30, 96, x + 44, 92, x + 44, y + 8)
            s.box(x + 26, y - 12, 36, 20, "P", fill=AMBER)
    s.circle(429, 70, 7, fill=MIST)
    s.text(441, 66, s.say("冷凝圈", "siphon"), size=7.5, anchor="start")
    s.text(230, 6, s.say("导压管坡度 1:12", "slope of the impulse line 1:12"), size=8.5)


@figure(380, 200)
def pressure_load(s: Sketch) -> None:
    s.chart(
        s.say("供电电压 V", "supply voltage, V"),
        s.say("最大负载 Ω", "largest load, Ω"),
        ("12", "18", "24", "30"), ("0", "300", "600", "900"),
    )  # fmt: skip
    s.curve([(0, 0), (1, 1)])
    s.text(230, 70, s.say("允许区域", "allowed area"), size=9)


@figure(420, 190)
def pressure_dimensions(s: Sketch) -> None:
    s.circle(110, 130, 44, fill=MIST)
    s.box(96, 62, 28, 26, fill=GREY)
    s.box(100, 26, 20, 36, fill=GREY)
    s.measure(66, 182, 154, 182, "φ96")
    s.measure(172, 26, 172, 174, "H = 158")
    s.measure(60, 26, 60, 62, "20")
    s.box(270, 86, 70, 88, fill=MIST)
    s.box(290, 62, 30, 24, fill=GREY)
    s.box(295, 26, 20, 36, fill=GREY)
    s.measure(270, 182, 340, 182, "72")
    s.text(110, 8, s.say("正面（mm）", "front (mm)"), size=8.5)
    s.text(305, 8, s.say("侧面", "side"), size=8.5)


@figure(260, 240)
def flow_body(s: Sketch) -> None:
    s.box(80, 150, 100, 76, fill=PETROL)
    s.box(90, 172, 80, 34, "20.14\nm³/h", fill=AMBER)
    s.box(118, 118, 24, 32, fill=GREY)
    s.box(52, 34, 156, 84)
    s.box(34, 20, 18, 112, fill=GREY)
    s.box(208, 20, 18, 112, fill=GREY)
    s.arrow(76, 76, 184, 76, colour=AMBER)
    s.text(130, 86, "YLF50  DN50", size=10)


@figure(400, 180)
def flow_principle(s: Sketch) -> None:
    s.circle(130, 90, 62)
    s.box(96, 156, 68, 16, s.say("励磁线圈", "coil"), fill=AMBER)
    s.box(96, 8, 68, 16, s.say("励磁线圈", "coil"), fill=AMBER)
    for x in (100, 130, 160):
        s.arrow(x, 140, x, 44, colour=PETROL)
    s.text(168, 96, "B", size=11)
    s.circle(68, 90, 6, fill=GREY)
    s.circle(192, 90, 6, fill=GREY)
    s.line(62, 90, 30, 90, 30, 30)
    s.line(198, 90, 230, 90, 230, 30)
    s.text(30, 18, "−", size=12)
    s.text(230, 18, "+", size=12)
    s.text(300, 110, "U = k · B · D · v", size=13)
    s.text(300, 86, s.say("电极间电压与流速成正比", "voltage is proportional"), size=9)
    s.text(300, 72, s.say("", "to the flow velocity"), size=9)


@figure(460, 130)
def flow_straight(s: Sketch) -> None:
    s.box(10, 55, 34, 40, s.say("阀", "valve"), fill=GREY)
    s.box(44, 62, 170, 26)
    s.box(214, 45, 60, 60, "YLF50", fill=AMBER)
    s.box(274, 62, 102, 26)
    s.line(376, 75, 420, 75, 420, 20)
    s.measure(46, 40, 212, 40, "≥ 5 × DN")
    s.measure(276, 40, 374, 40, "≥ 3 × DN")
    s.arrow(90, 75, 150, 75, colour=PETROL)


@figure(460, 190)
def flow_position(s: Sketch) -> None:
    s.line(20, 30, 110, 30, 110, 170, 190, 170, colour=PETROL, width=5)
    s.box(96, 80, 28, 36, fill=AMBER)
    s.text(136, 94, s.say("正确：向上流动", "right: upward"), size=8.5, anchor="start")
    s.line(240, 60, 290, 60, 290, 140, 380, 140, 380, 40, 450, 40, colour=PETROL, width=5)
    s.box(318, 128, 36, 24, fill=GREY)
    s.text(336, 158, s.say("错误：最高点积气", "wrong: air at the top"), size=8.5)
    s.box(402, 29, 36, 22, fill=AMBER)
    s.text(420, 60, s.say("正确", "right"), size=8.5)


@figure(460, 140)
def flow_earthing(s: Sketch) -> None:
    s.box(20, 70, 120, 30, s.say("塑料管", "plastic pipe"))
    s.box(144, 60, 10, 50, fill=AMBER)
    s.box(158, 56, 100, 58, "YLF50")
    s.box(262, 60, 10, 50, fill=AMBER)
    s.box(276, 70, 120, 30, s.say("塑料管", "plastic pipe"))
    for x in (149, 208, 267):
        s.line(x, 60, x, 26)
    s.line(149, 26, 267, 26)
    s.arrow(208, 26, 208, 8)
    s.text(216, 10, "< 10 Ω", size=8.5, anchor="start")
    s.text(149, 118, "YLF-GR", size=8)
    s.text(267, 118, "YLF-GR", size=8)


@figure(440, 190)
def flow_wiring(s: Sketch) -> None:
    s.box(20, 20, 120, 150, "YLF50", fill=AMBER)
    rows = (
        ("L / +", s.say("电源 220 V AC / 24 V DC", "supply 220 V AC or 24 V DC")),
        ("I+", s.say("PLC 模拟量输入（有源 4–20 mA）", "PLC analogue input, active 4–20 mA")),
        ("P+", s.say("计数器，上拉 2.2 kΩ", "counter, pull-up 2.2 kΩ to 24 V")),
        ("A / B", s.say("RS485 主站", "RS485 master")),
        ("PE", s.say("接地 < 10 Ω", "earth, below 10 Ω")),
    )
    for i, (pin, words) in enumerate(rows):
        y = 152 - 29 * i
        s.text(134, y - 3, pin, size=8, anchor="end")
        s.arrow(140, y, 196, y)
        s.box(198, y - 12, 222, 24, words)


@figure(420, 180)
def flow_dimensions(s: Sketch) -> None:
    s.box(70, 110, 70, 50, fill=MIST)
    s.box(96, 92, 18, 18, fill=GREY)
    s.box(50, 36, 110, 56)
    s.box(38, 26, 12, 76, fill=GREY)
    s.box(160, 26, 12, 76, fill=GREY)
    s.measure(38, 14, 172, 14, "L")
    s.measure(190, 26, 190, 160, "H")
    s.circle(320, 66, 52)
    s.circle(320, 66, 28, "DN")
    for x, y in ((320, 106), (320, 26), (280, 66), (360, 66)):
        s.circle(x, y, 5, fill=GREY)
