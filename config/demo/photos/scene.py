"""A place with a camera in it: a floor, a blurred yard behind, light, grain.

Lengths are in metres: x to the right, y away from the camera, z up. The camera stands
at y = 0 and looks along y, a little down.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import cache
from math import cos, radians, sin
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter

Colour = tuple[int, int, int]
Spot = tuple[float, float]
Point = tuple[float, float, float]
Quad = tuple[Spot, Spot, Spot, Spot]

WIDTH, HEIGHT = 1200, 900
FOCAL = 980.0
FLOORS: Sequence[Colour] = ((150, 148, 142), (138, 134, 126), (164, 158, 146), (122, 122, 124))
YARDS: Sequence[Colour] = ((96, 104, 112), (112, 104, 94), (84, 90, 88), (126, 130, 136))


def shade(colour: Colour, light: float) -> Colour:
    """The colour in more or less light; 1 leaves it as it is."""
    red, green, blue = (max(0, min(255, round(channel * light))) for channel in colour)
    return red, green, blue


def inside(quad: Sequence[Spot], u: float, v: float) -> Spot:
    """The spot at ``u`` along and ``v`` down a four-cornered face, each from 0 to 1."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = quad
    top, bottom = (1 - u) * (1 - v), u * v
    return (
        ax * top + bx * u * (1 - v) + cx * bottom + dx * (1 - u) * v,
        ay * top + by * u * (1 - v) + cy * bottom + dy * (1 - u) * v,
    )


class Scene:
    """A picture being drawn; ``chance`` moves the camera and the light a little."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.eye = (chance.uniform(-0.25, 0.25), chance.uniform(1.35, 1.65))
        self.horizon = chance.uniform(120, 190)
        self.picture = self._yard()
        self.draw = ImageDraw.Draw(self.picture)

    # Where things are ---------------------------------------------------------

    def spot(self, point: Point) -> Spot:
        """Where a point of the place is in the picture."""
        x, y, z = point
        scale = FOCAL / max(y, 0.1)
        return WIDTH / 2 + (x - self.eye[0]) * scale, self.horizon + (self.eye[1] - z) * scale

    def face(self, points: Sequence[Point], colour: Colour, edge: Colour | None = None) -> Quad:
        """Fill the face between four points; answers its corners."""
        a, b, c, d = (self.spot(point) for point in points)
        self.draw.polygon([a, b, c, d], fill=colour, outline=edge)
        return a, b, c, d

    def box(
        self, near: Point, size: Point, colour: Colour, turn: float = 0.0
    ) -> tuple[Quad, Quad, Quad]:
        """A box that stands on ``near``, its middle, turned by degrees: front, side and top."""
        corners = self._corners(near, size, turn)
        low, high = near[2], near[2] + size[2]
        front_left, front_right, back_right, back_left = corners
        right = self.spot((*back_right, low))[0] > self.spot((*front_right, low))[0]
        a, b = (front_right, back_right) if right else (back_left, front_left)
        edge = shade(colour, 0.72)
        side = self.face([(*a, high), (*b, high), (*b, low), (*a, low)], shade(colour, 0.74), edge)
        front = self.face(
            [(*front_left, high), (*front_right, high), (*front_right, low), (*front_left, low)],
            shade(colour, 0.93),
            edge,
        )
        top = self.face([(*corner, high) for corner in reversed(corners)], shade(colour, 1.1), edge)
        return front, side, top

    def _corners(self, near: Point, size: Point, turn: float) -> list[Spot]:
        c, s = cos(radians(turn)), sin(radians(turn))
        half = size[0] / 2, size[1] / 2
        flat = [(-half[0], -half[1]), (half[0], -half[1]), half, (-half[0], half[1])]
        return [(near[0] + x * c - y * s, near[1] + x * s + y * c) for x, y in flat]

    # Light and place ----------------------------------------------------------

    def _yard(self) -> Image.Image:
        """The floor with its stains, and shelves far behind, out of focus."""
        small = Image.new("RGB", (WIDTH // 4, HEIGHT // 4), self.chance.choice(YARDS))
        draw = ImageDraw.Draw(small)
        for _ in range(16):
            x, y = self.chance.randrange(-20, 300), self.chance.randrange(-30, 40)
            tone = self.chance.choice(
                [(170, 140, 96), (88, 96, 110), (150, 156, 160), (120, 84, 60)]
            )
            light = self.chance.uniform(0.6, 1.15)
            w, h = self.chance.randint(20, 70), self.chance.randint(10, 40)
            draw.rectangle((x, y, x + w, y + h), fill=shade(tone, light))
        floor = self.chance.choice(FLOORS)
        edge = int(self.horizon / 4) + 22
        for y in range(edge, HEIGHT // 4):
            light = 0.8 + 0.4 * (y - edge) / (HEIGHT / 4 - edge)
            draw.line((0, y, WIDTH // 4, y), fill=shade(floor, light))
        for _ in range(26):
            x, y = self.chance.randrange(300), self.chance.randrange(edge + 4, 225)
            w = self.chance.randint(6, 46)
            light = self.chance.uniform(0.78, 1.06)
            draw.ellipse((x, y, x + w, y + w * 0.24), fill=shade(floor, light))
        soft = small.filter(ImageFilter.GaussianBlur(4.6))
        return soft.resize((WIDTH, HEIGHT), Image.Resampling.BILINEAR)

    def shadow(self, points: Sequence[Point], depth: int = 120, blur: float = 26) -> None:
        """Darken the floor below something, softly."""
        scale = 4
        mask = Image.new("L", (WIDTH // scale, HEIGHT // scale), 0)
        spots = [(x / scale, y / scale) for x, y in (self.spot(point) for point in points)]
        ImageDraw.Draw(mask).polygon(spots, fill=depth)
        soft = mask.filter(ImageFilter.GaussianBlur(blur / scale)).resize((WIDTH, HEIGHT))
        self.picture.paste((18, 17, 18), (0, 0), soft)

    def grain_over(self, quad: Quad, strength: int = 26, stretch: tuple[int, int] = (1, 1)) -> None:
        """Give a face the uneven tone of a real surface; ``stretch`` draws the grain out."""
        xs, ys = [x for x, _ in quad], [y for _, y in quad]
        left, top = max(0, int(min(xs))), max(0, int(min(ys)))
        right, bottom = min(WIDTH, int(max(xs)) + 1), min(HEIGHT, int(max(ys)) + 1)
        if right - left < 4 or bottom - top < 4:
            return
        size = right - left, bottom - top
        mask = Image.new("L", size, 0)
        ImageDraw.Draw(mask).polygon([(x - left, y - top) for x, y in quad], fill=255)
        small = max(2, size[0] // (3 * stretch[0])), max(2, size[1] // (3 * stretch[1]))
        noise = Image.frombytes("L", small, self.chance.randbytes(small[0] * small[1]))
        patch = self.picture.crop((left, top, right, bottom))
        self.picture.paste(_toned(patch, noise, strength), (left, top), mask)

    def developed(self) -> bytes:
        """The picture as a phone saves it: a little crooked, vignetted, grainy, compressed."""
        turned = self.picture.transform(
            (WIDTH, HEIGHT), Image.Transform.AFFINE, self._crookedness(), Image.Resampling.BILINEAR
        )
        soft = _brighter(turned).filter(ImageFilter.GaussianBlur(0.9))
        lit = ImageChops.multiply(soft, _vignette(self.chance.choice([-7, -3, 0, 4, 9])))
        grain = Image.frombytes("L", (600, 450), self.chance.randbytes(270_000))
        file = io.BytesIO()
        _toned(lit, grain, 13).save(file, "JPEG", quality=74)
        return file.getvalue()

    def _crookedness(self) -> tuple[float, ...]:
        """Turned by up to two degrees about the middle, and cut so that no corner is empty."""
        angle = radians(self.chance.uniform(-2.0, 2.0))
        c, s = cos(angle) * 0.945, sin(angle) * 0.945
        x, y = WIDTH / 2, HEIGHT / 2
        return c, s, x - c * x - s * y, -s, c, y + s * x - c * y


@cache
def _vignette(warm: int) -> Image.Image:
    """Light that falls off to the corners, ``warm`` for a yellower and less for a bluer one."""
    ring = Image.radial_gradient("L").resize((WIDTH // 4, HEIGHT // 4))
    channels = [
        ring.point([max(0, min(255, int(278 + tint - v * 0.3))) for v in range(256)])
        for tint in (warm, 0, -warm)
    ]
    return Image.merge("RGB", channels).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)


def _brighter(picture: Image.Image) -> Image.Image:
    """The picture with the mid-tones lifted, as phones do it."""
    return picture.point([round(255 * (v / 255) ** 0.84) for v in range(256)] * 3)


def _toned(picture: Image.Image, noise: Image.Image, strength: int) -> Image.Image:
    """The picture made lighter and darker by grey noise, at most by half of ``strength``."""
    levels = noise.point([value * strength // 255 for value in range(256)])
    low = levels.resize(picture.size, Image.Resampling.BILINEAR)
    return ImageChops.add(picture, Image.merge("RGB", (low, low, low)), 1, -strength // 2)
