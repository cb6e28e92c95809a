"""Goods in bags, wraps and rolls."""

from __future__ import annotations

from math import cos, pi, sin

from config.demo.photos.scene import Colour, Scene, Spot, shade

PINK: Colour = (232, 158, 172)
WOOL: Colour = (196, 182, 138)


def _pillow(scene: Scene, middle: Spot, size: Spot, colour: Colour, light: float = 1.0) -> None:
    """A soft bag seen from the front: rounded, creased, darker below."""
    chance = scene.chance
    (x, y), (w, h) = middle, size
    outline = []
    for step in range(48):
        angle = 2 * pi * step / 48
        power = 0.42
        cx = abs(cos(angle)) ** power * (1 if cos(angle) > 0 else -1)
        cy = abs(sin(angle)) ** power * (1 if sin(angle) > 0 else -1)
        wave = chance.uniform(0.97, 1.02)
        outline.append((x + cx * w / 2 * wave, y + cy * h / 2 * wave))
    scene.draw.polygon([(a + 5, b + 8) for a, b in outline], fill=shade(colour, light * 0.45))
    scene.draw.polygon(outline, fill=shade(colour, light))
    for band in range(5):
        t = 0.2 + band * 0.03
        scene.draw.arc(
            (x - w * t * 1.3, y - h * 0.3, x + w * t * 1.3, y + h * (0.3 + band * 0.025)),
            25, 155, fill=shade(colour, light * (0.93 - 0.05 * band)), width=int(h * 0.05) + 1,
        )  # fmt: skip
    scene.draw.arc(
        (x - w * 0.4, y - h * 0.42, x + w * 0.4, y + h * 0.3), 205, 330,
        fill=shade(colour, light * 1.14), width=max(3, int(h * 0.05)),
    )  # fmt: skip


def _stripe(scene: Scene, middle: Spot, size: Spot, colour: Colour) -> None:
    """The printed panel of a bag, with lines that look like words."""
    (x, y), (w, h) = middle, size
    scene.draw.rounded_rectangle(
        (x - w / 2, y - h / 2, x + w / 2, y + h / 2), radius=h * 0.12, fill=colour
    )
    for line in range(3):
        top = y - h * 0.28 + line * h * 0.24
        length = w * scene.chance.uniform(0.4, 0.8)
        ink = (245, 244, 240) if line == 0 else shade(colour, 0.55)
        scene.draw.rectangle((x - w * 0.42, top, x - w * 0.42 + length, top + h * 0.11), fill=ink)


def _fluff(scene: Scene, middle: Spot, spread: Spot, colour: Colour, count: int = 260) -> None:
    """Fibres that come out of a tear."""
    chance = scene.chance
    for _ in range(count):
        x, y = chance.gauss(middle[0], spread[0]), chance.gauss(middle[1], spread[1])
        size = chance.uniform(6, 20)
        tone = shade(colour, chance.uniform(0.72, 1.14))
        start = chance.randrange(360)
        scene.draw.arc((x - size, y - size, x + size, y + size), start, start + 140, tone, width=5)


def insulation(scene: Scene) -> None:
    """Bags of batts, one slit open with the wool coming out, one wet at the foot."""
    chance = scene.chance
    wool = chance.choice([PINK, WOOL])
    print_colour = chance.choice([(184, 40, 64), (36, 84, 148), (48, 120, 84)])
    scene.shadow([(-1.4, 1.9, 0), (1.4, 1.9, 0), (1.5, 3.1, 0), (-1.5, 3.1, 0)], 150, 40)
    spots = [(330, 330), (640, 310), (950, 335), (300, 585), (620, 600), (940, 590)]
    for number, (column, row) in enumerate(spots):
        x, y = column + chance.randint(-22, 22), row + chance.randint(-14, 14)
        light = 0.9 if number < 3 else 1.0
        _pillow(scene, (x, y), (352, 300), (222, 220, 216), light)
        _stripe(scene, (x - 8, y + 4), (196, 116), shade(print_colour, light))
    x, y = spots[chance.choice([3, 4, 5])]
    tear = [(x - 120, y - 58), (x - 40, y - 96), (x + 60, y - 70), (x + 128, y - 4)]
    tear += [(x + 70, y + 34), (x - 10, y + 10), (x - 92, y + 16)]
    scene.draw.polygon(tear, fill=shade(wool, 0.66))
    _fluff(scene, (x + 4, y - 28), (52, 26), wool)
    _fluff(scene, (x + 40, y + 175), (90, 14), wool, 90)
    scene.draw.line([*tear, tear[0]], fill=(244, 243, 240), width=4)


def bags(scene: Scene) -> None:
    """Paper bags of concrete in courses, the lower ones dark with water, one burst."""
    chance = scene.chance
    band = chance.choice([(58, 88, 140), (150, 52, 40), (70, 110, 80)])
    scene.shadow([(-1.5, 1.8, 0), (1.5, 1.8, 0), (1.6, 3.0, 0), (-1.6, 3.0, 0)], 160, 40)
    for row in range(5):
        for column in range(3):
            x = 270 + column * 330 + (40 if row % 2 else -40) + chance.randint(-14, 14)
            y = 700 - row * 112 + chance.randint(-6, 6)
            wet = row < 2 or (row == 2 and column == 1)
            tone = (128, 112, 90) if wet else (190, 172, 142)
            _pillow(scene, (x, y), (366, 134), tone)
            _stripe(scene, (x - 20, y), (170, 62), shade(band, 0.72 if wet else 1.0))
    x, y = chance.randint(420, 760), 470
    hole = [(x + chance.randint(-8, 8) + dx, y + dy) for dx, dy in
            ((-92, -20), (-30, -44), (62, -30), (104, 8), (40, 40), (-50, 34))]  # fmt: skip
    scene.draw.polygon(hole, fill=(112, 112, 110))
    for _ in range(150):
        a, b = chance.gauss(x, 46), chance.gauss(y + 20, 22)
        size = chance.uniform(2, 9)
        grey = chance.randint(96, 150)
        scene.draw.ellipse((a, b, a + size, b + size), fill=(grey, grey, grey - 3))
    scene.draw.ellipse((180, 760, 1040, 846), fill=(84, 86, 88))
    scene.draw.ellipse((300, 776, 820, 812), fill=(126, 130, 134))


def rolls(scene: Scene) -> None:
    """Rolls standing upright, one gashed by a fork."""
    chance = scene.chance
    tone = chance.choice([(210, 214, 216), (54, 58, 62), (36, 92, 150)])
    scene.shadow([(-1.3, 2.0, 0), (1.3, 2.0, 0), (1.4, 3.0, 0), (-1.4, 3.0, 0)], 150, 36)
    gashed = chance.randrange(3)
    places = [(-0.66, 2.35), (0.03, 2.1), (0.68, 2.25)]
    for number, (x, y) in enumerate(places):
        left, top = scene.spot((x - 0.3, y, 0.95 + chance.uniform(-0.05, 0.05)))
        right, bottom = scene.spot((x + 0.3, y, 0.0))
        _cylinder(scene, (left, top, right, bottom), shade(tone, chance.uniform(0.94, 1.06)))
        if number == gashed:
            _gash(scene, ((left + right) / 2, (top + bottom) / 2), tone)


def _cylinder(scene: Scene, box: tuple[float, float, float, float], tone: Colour) -> None:
    left, top, right, bottom = box
    lid = (right - left) * 0.17
    for step in range(int(right - left)):
        t = step / (right - left)
        x, drop = left + step, lid * (1 - (2 * t - 1) ** 2) ** 0.5
        light = 0.55 + 0.62 * sin(pi * min(1, t * 1.15 + 0.06))
        scene.draw.line((x, top, x, bottom + drop), fill=shade(tone, light))
    scene.draw.ellipse((left, top - lid, right, top + lid), fill=shade(tone, 0.82))
    for ring in range(1, 7):
        t = ring / 8
        inset, flat = (right - left) / 2 * t, lid * t
        scene.draw.ellipse(
            (left + inset, top - lid + flat, right - inset, top + lid - flat),
            outline=shade(tone, 0.58), width=2,
        )  # fmt: skip
    x, half = (left + right) / 2, (right - left) * 0.09
    scene.draw.ellipse((x - half, top - half * 0.4, x + half, top + half * 0.4), (46, 40, 36))
    for v in (0.3, 0.62):
        y = top + (bottom - top) * v
        box = (left + 6, y - lid * 0.6, right - 6, y + lid * 1.2)
        scene.draw.arc(box, 12, 168, fill=(236, 196, 60), width=16)


def _gash(scene: Scene, middle: Spot, tone: Colour) -> None:
    chance = scene.chance
    x, y = middle
    upper = [(x - 104 + step * 26, y - 20 + chance.uniform(-16, 10)) for step in range(9)]
    lower = [(a, b + chance.uniform(14, 62)) for a, b in reversed(upper)]
    scene.draw.polygon([*upper, *lower], fill=(26, 24, 24))
    scene.draw.line(upper, fill=shade(tone, 1.3), width=6, joint="curve")
    for a, b in lower[1:-1:2]:
        flap = [(a - 14, b), (a + 16, b - 4), (a + 8, b + chance.uniform(24, 60))]
        scene.draw.polygon(flap, fill=shade(tone, 0.86))
