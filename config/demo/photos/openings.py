"""Windows and doors, leaning against a wall."""

from __future__ import annotations

from math import cos, pi, sin

from PIL import Image, ImageDraw, ImageFilter

from config.demo.photos.scene import HEIGHT, WIDTH, Colour, Quad, Scene, Spot, inside, shade


def _panel(scene: Scene, width: float, height: float) -> Quad:
    """Where something flat leans, seen a little from the side."""
    lean = scene.chance.uniform(-0.16, 0.16)
    y = 2.05
    return (
        scene.spot((-width / 2, y + 0.25 - lean, height)),
        scene.spot((width / 2, y + 0.25 + lean, height)),
        scene.spot((width / 2, y + lean, 0.03)),
        scene.spot((-width / 2, y - lean, 0.03)),
    )


def _inset(quad: Quad, u: float, v: float, to_u: float, to_v: float) -> Quad:
    return (
        inside(quad, u, v),
        inside(quad, to_u, v),
        inside(quad, to_u, to_v),
        inside(quad, u, to_v),
    )


def window(scene: Scene) -> None:
    """A window in its frame; the pane is cracked from one point of impact."""
    chance = scene.chance
    frame = _panel(scene, 1.7, 1.5)
    scene.shadow([(-1.0, 1.9, 0), (1.0, 1.9, 0), (1.0, 2.5, 0), (-1.0, 2.5, 0)], 150)
    white = chance.choice([(238, 238, 234), (64, 60, 58), (206, 200, 188)])
    scene.draw.polygon(frame, fill=white, outline=shade(white, 0.6))
    scene.draw.polygon(_inset(frame, 0.045, 0.045, 0.955, 0.955), fill=shade(white, 0.86))
    panes = [_inset(frame, 0.08, 0.085, 0.485, 0.915), _inset(frame, 0.515, 0.085, 0.92, 0.915)]
    for pane in panes:
        _glass(scene, pane)
        scene.draw.line([*pane, pane[0]], fill=shade(white, 0.55), width=6)
    broken = chance.choice(panes)
    _cracks(scene, broken, inside(broken, chance.uniform(0.25, 0.75), chance.uniform(0.5, 0.85)))
    _sticker(scene, panes[0] if broken is panes[1] else panes[1])


def _glass(scene: Scene, pane: Quad) -> None:
    """Sky and trees in the glass."""
    steps = 26
    for step in range(steps):
        v, light = step / steps, 1.12 - 0.5 * step / steps
        band = [inside(pane, 0, v), inside(pane, 1, v)]
        band += [inside(pane, 1, v + 1.2 / steps), inside(pane, 0, v + 1.2 / steps)]
        scene.draw.polygon(band, fill=shade((140, 162, 178), light))
    for _ in range(3):
        u = scene.chance.uniform(0.0, 0.7)
        gleam = [inside(pane, u, 0), inside(pane, u + 0.1, 0)]
        gleam += [inside(pane, max(0, u - 0.14), 1), inside(pane, max(0, u - 0.24), 1)]
        scene.draw.polygon(gleam, fill=(176, 194, 206))


def _cracks(scene: Scene, pane: Quad, hit: Spot) -> None:
    """Rays from the point of impact to the edges, and broken rings around it."""
    chance = scene.chance
    ends = [inside(pane, u / 3, v) for u in range(4) for v in (0, 1)]
    ends += [inside(pane, u, v / 3) for v in range(1, 3) for u in (0, 1)]
    for end in chance.sample(ends, 9):
        ray = [hit]
        for step in range(1, 7):
            t = step / 6
            bend = 0 if step == 6 else 9
            x = hit[0] + (end[0] - hit[0]) * t + chance.uniform(-bend, bend)
            y = hit[1] + (end[1] - hit[1]) * t + chance.uniform(-bend, bend)
            ray.append((x, y))
        scene.draw.line([(x + 2, y + 2) for x, y in ray], fill=(52, 62, 70), width=4)
        scene.draw.line(ray, fill=(244, 248, 250), width=3)
    for radius in (16, 34, 62):
        ring = [
            (hit[0] + radius * cos(pi * step / 5), hit[1] + radius * sin(pi * step / 5))
            for step in range(chance.randint(6, 11))
        ]
        scene.draw.line(ring, fill=(236, 242, 246), width=3)
    scene.draw.ellipse((hit[0] - 9, hit[1] - 9, hit[0] + 9, hit[1] + 9), fill=(30, 34, 38))


def _sticker(scene: Scene, pane: Quad) -> None:
    label = _inset(pane, 0.12, 0.1, 0.58, 0.3)
    scene.draw.polygon(label, fill=(242, 240, 232))
    for line in range(4):
        v = 0.2 + line * 0.19
        spots = [inside(label, 0.1, v), inside(label, scene.chance.uniform(0.5, 0.9), v)]
        scene.draw.line(spots, fill=(70, 74, 80), width=5)


def door(scene: Scene) -> None:
    """A panelled door, dented beside the lock."""
    chance = scene.chance
    slab = _panel(scene, 1.05, 1.72)
    tone = chance.choice([(232, 230, 224), (92, 104, 116), (128, 62, 48), (150, 112, 76)])
    scene.shadow([(-0.8, 1.9, 0), (0.8, 1.9, 0), (0.9, 2.5, 0), (-0.9, 2.5, 0)], 160)
    scene.draw.polygon(slab, fill=tone, outline=shade(tone, 0.5))
    for u in (0.13, 0.55):
        for v, to_v in ((0.06, 0.28), (0.34, 0.6), (0.68, 0.94)):
            _relief(scene, _inset(slab, u, v, u + 0.32, to_v), tone)
    x, y = inside(slab, 0.93, 0.5)
    scene.draw.ellipse((x - 18, y - 18, x + 18, y + 18), fill=(60, 56, 52))
    scene.draw.ellipse((x - 12, y - 13, x + 12, y + 11), fill=(22, 20, 20))
    _dent(scene, inside(slab, chance.uniform(0.5, 0.72), chance.uniform(0.52, 0.66)), tone)


def _relief(scene: Scene, quad: Quad, tone: Colour) -> None:
    """A pressed panel: light above, shadow below."""
    scene.draw.polygon(quad, fill=shade(tone, 0.96))
    a, b, c, d = quad
    scene.draw.line([a, b], fill=shade(tone, 0.7), width=7)
    scene.draw.line([d, a], fill=shade(tone, 0.78), width=7)
    scene.draw.line([b, c], fill=shade(tone, 1.12), width=6)
    scene.draw.line([c, d], fill=shade(tone, 1.18), width=6)


def _dent(scene: Scene, middle: Spot, tone: Colour) -> None:
    """A soft hollow with a bright rim, a crease and bare metal where the paint is off."""
    chance = scene.chance
    x, y = middle
    w, h = chance.uniform(70, 110), chance.uniform(50, 84)
    for box, colour, depth in (
        ((x - w, y - h, x + w, y + h), shade(tone, 0.35), 165),
        ((x - w * 0.5, y - h * 0.1, x + w * 1.05, y + h * 1.12), shade(tone, 1.5), 120),
    ):
        mask = Image.new("L", (WIDTH, HEIGHT), 0)
        ImageDraw.Draw(mask).ellipse(box, fill=depth)
        scene.picture.paste(colour, (0, 0), mask.filter(ImageFilter.GaussianBlur(17)))
    crease = [(x - w * 0.7 + step * w * 0.28, y + chance.uniform(-16, 12)) for step in range(6)]
    scene.draw.line([(a, b + 5) for a, b in crease], fill=shade(tone, 0.45), width=6)
    scene.draw.line(crease, fill=(198, 202, 206), width=5, joint="curve")
    for _ in range(5):
        a, b = x + chance.uniform(-w, w) * 0.7, y + chance.uniform(-h, h) * 0.5
        scene.draw.line((a, b, a + chance.uniform(12, 46), b + chance.uniform(-9, 9)),
                        fill=shade(tone, 1.35), width=3)  # fmt: skip
