"""Photos for the demo's evidence, drawn: a lift of boards, some of them broken."""

from __future__ import annotations

import io
from random import Random

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw, ImageFilter

SIZE = (1024, 768)


def photo(chance: Random, name: str) -> SimpleUploadedFile:
    """A JPEG of about 60 KB, different for each state of ``chance``."""
    picture = Image.new("RGB", SIZE, (118, 124, 126))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 520, *SIZE), fill=(92, 90, 86))
    for row in range(7):
        _boards(draw, chance, 150 + 52 * row)
    _crack(draw, chance)
    picture = picture.filter(ImageFilter.GaussianBlur(1.2))
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=80)
    return SimpleUploadedFile(name, file.getvalue(), "image/jpeg")


def _boards(draw: ImageDraw.ImageDraw, chance: Random, top: int) -> None:
    left = 140 + chance.randint(-6, 6)
    while left < 860:
        shade = chance.randint(-18, 18)
        colour = (198 + shade, 160 + shade, 106 + shade)
        draw.rectangle((left, top, left + 118, top + 46), fill=colour, outline=(120, 92, 58))
        left += 122


def _crack(draw: ImageDraw.ImageDraw, chance: Random) -> None:
    x, y = chance.randint(300, 600), 150
    points = [(x, y)]
    while y < 420:
        x, y = x + chance.randint(-34, 40), y + chance.randint(18, 44)
        points.append((x, y))
    draw.line(points, fill=(38, 28, 20), width=9, joint="curve")
