"""Goods that lie in stacks: sheets, boards, bundles."""

from __future__ import annotations

from config.demo.photos.scene import Colour, Point, Quad, Scene, Spot, inside, shade

CHALK: Colour = (236, 233, 226)
PAPER: Colour = (196, 186, 168)


def drywall(scene: Scene) -> None:
    """A lift of gypsum boards on bearers, a corner of the upper ones broken away."""
    chance = scene.chance
    near, turn = (chance.uniform(-0.2, 0.2), 2.75, 0.12), chance.choice([-1, 1]) * 17.0
    scene.shadow(_ground(near, 1.35, 0.95), 150)
    for offset in (-0.7, 0.0, 0.7):
        scene.box((near[0] + offset, near[1] - 0.1, 0.0), (0.1, 0.9, 0.12), (142, 108, 70), turn)
    front, side, top = scene.box(near, (2.1, 1.15, 0.46), (214, 209, 198), turn)
    for quad in (front, side):
        _layers(scene, quad, 24, PAPER, CHALK)
    scene.grain_over(top, 14)
    _strap(scene, front, top, 0.22)
    _bite(scene, front, top, chance.uniform(0.6, 0.74))
    _crumbs(scene, (near[0] + 0.5, near[1] - 0.95, 0.0), CHALK, 70)


def _ground(near: Point, half_width: float, half_depth: float) -> list[Point]:
    x, y, _ = near
    return [
        (x - half_width, y - half_depth, 0),
        (x + half_width, y - half_depth, 0),
        (x + half_width * 1.1, y + half_depth, 0),
        (x - half_width * 1.1, y + half_depth, 0),
    ]


def _layers(scene: Scene, quad: Quad, count: int, line: Colour, fill: Colour) -> None:
    """The edges of sheets that lie on one another."""
    for number in range(count):
        v = (number + 0.5) / count
        light = scene.chance.uniform(0.8, 1.0)
        shift = scene.chance.uniform(-0.006, 0.006)
        start, end = inside(quad, max(0, shift), v), inside(quad, 1 + min(0, shift), v)
        scene.draw.line([start, end], fill=shade(fill, light), width=8)
        v = number / count
        scene.draw.line([inside(quad, 0, v), inside(quad, 1, v)], fill=shade(line, 0.72), width=2)


def _strap(scene: Scene, front: Quad, top: Quad, u: float) -> None:
    """A steel band around the stack."""
    for quad in (front, top):
        spots = [inside(quad, u, 0), inside(quad, u, 1)]
        scene.draw.line(spots, fill=(58, 62, 68), width=9)
        scene.draw.line(spots, fill=(132, 138, 146), width=2)


def _jagged(scene: Scene, start: Spot, end: Spot, bulge: float, steps: int = 9) -> list[Spot]:
    """A broken line from one spot to another."""
    chance = scene.chance
    spots = []
    for step in range(steps + 1):
        t = step / steps
        x = start[0] + (end[0] - start[0]) * t + chance.uniform(-bulge, bulge)
        y = start[1] + (end[1] - start[1]) * t + chance.uniform(-bulge, bulge)
        spots.append((x, y))
    return spots


def _bite(scene: Scene, front: Quad, top: Quad, u: float) -> None:
    """Where the corner is gone: torn paper, chalk, a deep shadow, a crack running on."""
    depth = scene.chance.uniform(0.42, 0.6)
    a, b = inside(front, u, 0), inside(front, 1, depth)
    rim = _jagged(scene, a, b, 11)
    corner = inside(front, 1, 0)
    scene.draw.polygon([*rim, corner], fill=(98, 92, 84))
    inner = _jagged(scene, inside(front, u + 0.05, 0.02), inside(front, 0.99, depth - 0.1), 9)
    scene.draw.polygon([*inner, inside(front, 0.985, 0.0)], fill=shade(CHALK, 0.86))
    for number in range(7):
        v = depth * number / 8
        left = u + (1 - u) * v / depth + 0.05
        line = _jagged(scene, inside(front, min(0.97, left), v), inside(front, 0.99, v), 3, 5)
        scene.draw.line(line, fill=shade(PAPER, 0.66), width=3)
    torn = _jagged(scene, inside(top, u - 0.03, 1), inside(top, 1, 0.62), 12)
    scene.draw.polygon([*torn, inside(top, 1, 1)], fill=shade(CHALK, 0.97))
    scene.draw.line(torn, fill=(120, 108, 92), width=4)
    crack = _jagged(scene, inside(top, u - 0.02, 0.97), inside(top, u - 0.3, 0.3), 9)
    scene.draw.line(crack, fill=(112, 104, 96), width=4, joint="curve")


def _crumbs(scene: Scene, around: Point, colour: Colour, count: int) -> None:
    """Broken pieces on the floor, thicker in the middle."""
    chance = scene.chance
    for _ in range(count):
        point = (chance.gauss(around[0], 0.28), chance.gauss(around[1], 0.12), 0.0)
        x, y = scene.spot(point)
        size = abs(chance.gauss(0, 7)) + 2
        scene.draw.ellipse((x - size, y, x + size * 1.2, y + size * 0.9), fill=(88, 84, 78))
        scene.draw.polygon(
            [(x - size, y), (x, y - size), (x + size * 1.3, y - size * 0.3), (x + size, y + 2)],
            fill=shade(colour, chance.uniform(0.78, 1.02)),
        )


def lumber(scene: Scene) -> None:
    """A lift of studs seen at the ends; some are split, one is bowed out of the stack."""
    chance = scene.chance
    scene.shadow(_ground((0, 2.6, 0), 1.25, 0.7), 150)
    columns, rows = 11, chance.choice([6, 7, 8])
    wide, high = 0.185, 0.095
    left, split = -columns * wide / 2, _some(scene, columns * rows, 7)
    for offset in (-0.75, 0.6):
        scene.box((offset, 2.5, 0.0), (0.12, 1.4, 0.09), (120, 92, 62))
    for number in range(columns * rows):
        row, column = divmod(number, columns)
        pushed = chance.uniform(-0.03, 0.03) - (0.13 if number in split[:2] else 0.0)
        near = (left + (column + 0.5) * wide, 2.6 + pushed, 0.09 + row * high)
        tone = shade((214, 176, 122), chance.uniform(0.86, 1.08))
        front, _, top = scene.box(near, (wide * 0.97, 1.1, high * 0.93), tone)
        if row == rows - 1:
            scene.grain_over(top, 22, (1, 6))
        _rings(scene, front, tone)
        if number in split:
            _split(scene, front, top if row == rows - 1 else None)


def _some(scene: Scene, count: int, wanted: int) -> list[int]:
    """A few numbers, more of them from the end: the upper rows."""
    return scene.chance.sample(range(count // 3, count), wanted)


def _rings(scene: Scene, quad: Quad, tone: Colour) -> None:
    """The growth rings of a sawn end."""
    sag = scene.chance.uniform(0.1, 0.5)
    for number in range(1, 6):
        v = number / 6
        spots = [inside(quad, u / 6, min(0.98, v + sag * (u / 6) * (1 - u / 6))) for u in range(7)]
        scene.draw.line(spots, fill=shade(tone, 0.83), width=2)


def _split(scene: Scene, front: Quad, top: Quad | None) -> None:
    """A dark crack through the end, and along the board where that can be seen."""
    start = inside(front, scene.chance.uniform(0.05, 0.3), scene.chance.uniform(0.3, 0.7))
    end = inside(front, scene.chance.uniform(0.7, 0.97), scene.chance.uniform(0.3, 0.7))
    crack = _jagged(scene, start, end, 4, 6)
    scene.draw.line(crack, fill=(46, 30, 18), width=6, joint="curve")
    if top:
        u = scene.chance.uniform(0.35, 0.65)
        line = _jagged(scene, inside(top, u, 1), inside(top, u, 0.15), 3)
        scene.draw.line(line, fill=(58, 38, 22), width=5, joint="curve")


def decking(scene: Scene) -> None:
    """Boards side by side on the floor, scratched and of two colours."""
    chance = scene.chance
    base = chance.choice([(132, 96, 70), (122, 122, 124), (168, 120, 76)])
    scene.shadow(_ground((0, 2.7, 0), 1.5, 1.15), 110)
    odd = chance.sample(range(11), 3)
    for number in range(11):
        x = -1.45 + number * 0.265
        tone = shade(base, chance.uniform(0.9, 1.06))
        if number in odd:
            tone = shade((base[0] + 34, base[1] + 26, base[2] + 10), 1.06)
        corners: list[Point] = [
            (x, 4.1, 0.04), (x + 0.255, 4.1, 0.04), (x + 0.255, 1.75, 0.04), (x, 1.75, 0.04)
        ]  # fmt: skip
        quad = scene.face(corners, tone, shade(tone, 0.5))
        scene.grain_over(quad, 20, (1, 14))
    corners_of_all = ((-1.45, 4.1), (1.45, 4.1), (1.45, 1.75), (-1.45, 1.75))
    a, b, c, d = (scene.spot((x, y, 0.04)) for x, y in corners_of_all)
    for _ in range(chance.randint(5, 9)):
        u, v = chance.uniform(0.1, 0.7), chance.uniform(0.15, 0.85)
        to = inside((a, b, c, d), u + chance.uniform(0.1, 0.3), v + 0.06)
        scratch = _jagged(scene, inside((a, b, c, d), u, v), to, 2)
        scene.draw.line(scratch, fill=shade(base, 1.45), width=chance.choice([2, 3, 4]))


def siding(scene: Scene) -> None:
    """Long profiles in an open carton, the near ends crushed and cracked."""
    chance = scene.chance
    tone = chance.choice([(206, 200, 184), (226, 226, 222), (150, 160, 158), (176, 140, 104)])
    scene.shadow(_ground((0, 2.5, 0), 1.4, 0.6), 140)
    carton, _, _ = scene.box((0, 2.7, 0), (2.6, 1.0, 0.34), (176, 138, 94), chance.uniform(-7, 7))
    scene.grain_over(carton, 16)
    for number in range(7):
        z = 0.34 + 0.035 * (7 - number)
        y = 3.15 - number * 0.1
        light = chance.uniform(0.92, 1.05)
        quad = scene.face(
            [(-1.35, y, z), (1.35, y, z), (1.33, y - 0.2, z - 0.05), (-1.33, y - 0.2, z - 0.05)],
            shade(tone, light),
            shade(tone, 0.62),
        )
        scene.grain_over(quad, 10, (8, 1))
        if number > 2:
            u = chance.uniform(0.55, 0.95)
            crack = _jagged(scene, inside(quad, u, 0), inside(quad, u - 0.08, 1), 7, 6)
            scene.draw.line(crack, fill=(40, 38, 36), width=5, joint="curve")
    a, b = inside(carton, 0.62, 0), inside(carton, 0.9, 0.75)
    scene.draw.polygon([*_jagged(scene, a, b, 16), inside(carton, 0.97, 0)], fill=(96, 70, 44))
    _crumbs(scene, (0.6, 1.95, 0), tone, 22)


def shingles(scene: Scene) -> None:
    """Wrapped bundles on a pallet; some are of another colour, or wet and bent."""
    chance = scene.chance
    base = chance.choice([(66, 68, 72), (104, 90, 76), (88, 92, 98)])
    scene.shadow(_ground((0, 2.65, 0), 1.3, 0.8), 150)
    for offset in (-0.8, 0.0, 0.8):
        scene.box((offset, 2.65, 0.0), (0.14, 1.1, 0.13), (150, 118, 80))
    for number in range(12):
        row, column = divmod(number, 2)
        is_odd = row >= 4 and number % 3 == 0
        wrap = (190, 62, 48) if is_odd else (214, 210, 198)
        near = (-0.56 + column * 1.12, 2.65 + chance.uniform(-0.04, 0.04), 0.13 + row * 0.1)
        front, _, top = scene.box(near, (1.08, 0.85, 0.096), shade(base, 0.95), -1.5)
        _label(scene, front, wrap)
        if row == 5:
            _granules(scene, top, shade(base, 1.5) if is_odd else base)
    _puddle(scene)


def _label(scene: Scene, quad: Quad, colour: Colour) -> None:
    """The printed wrapper on the end of a bundle."""
    spots = [inside(quad, u, v) for u, v in ((0.08, 0.1), (0.62, 0.1), (0.62, 0.9), (0.08, 0.9))]
    scene.draw.polygon(spots, fill=shade(colour, scene.chance.uniform(0.82, 1.0)))
    for v in (0.36, 0.62):
        scene.draw.line([inside(quad, 0.12, v), inside(quad, 0.46, v)], fill=(52, 52, 56), width=5)


def _granules(scene: Scene, quad: Quad, tone: Colour) -> None:
    """Laminated tabs under torn wrap."""
    for row in range(5):
        for column in range(7):
            u, v = column / 7, row / 5
            corners = [(u, v), (u + 0.13, v), (u + 0.13, v + 0.19), (u, v + 0.19)]
            light = scene.chance.uniform(0.7, 1.35)
            scene.draw.polygon([inside(quad, *corner) for corner in corners], shade(tone, light))
    scene.grain_over(quad, 46)


def _puddle(scene: Scene) -> None:
    """Water that stands under the skid, with light in it."""
    x, y = scene.spot((scene.chance.uniform(-0.5, 0.5), 1.9, 0))
    scene.draw.ellipse((x - 330, y - 34, x + 330, y + 62), fill=(92, 96, 100))
    scene.draw.ellipse((x - 250, y - 16, x + 180, y + 26), fill=(140, 146, 152))
