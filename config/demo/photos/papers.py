"""The delivery slip with what the driver wrote on it."""

from __future__ import annotations

from config.demo.photos.scene import Quad, Scene, Spot, inside


def slip(scene: Scene) -> None:
    """A slip on a clipboard: printed lines, ticks, one count circled and struck, a signature."""
    scene.horizon = -640.0  # looking down on it
    board = _lying(scene, 0.0)
    scene.shadow([(-0.45, 0.98, 0), (0.45, 0.98, 0), (0.46, 1.8, 0), (-0.46, 1.8, 0)], 130, 20)
    scene.draw.polygon(board, fill=(112, 78, 50), outline=(70, 48, 30))
    scene.grain_over(board, 18)
    paper = (inside(board, 0.05, 0.06), inside(board, 0.95, 0.05),
             inside(board, 0.96, 0.97), inside(board, 0.05, 0.98))  # fmt: skip
    scene.draw.polygon(paper, fill=(244, 242, 234))
    _clip(scene, board)
    _print(scene, paper)
    _pen(scene, paper)
    scene.grain_over(paper, 8)


def _lying(scene: Scene, z: float) -> Quad:
    turn = scene.chance.uniform(-0.05, 0.05)
    return (
        scene.spot((-0.4 + turn, 1.72 + turn, z)),
        scene.spot((0.4 + turn, 1.72 - turn, z)),
        scene.spot((0.36 - turn, 1.03 - turn / 2, z)),
        scene.spot((-0.36 - turn, 1.03 + turn / 2, z)),
    )


def _clip(scene: Scene, board: Quad) -> None:
    metal = [
        inside(board, u, v) for u, v in ((0.34, -0.02), (0.66, -0.02), (0.68, 0.09), (0.32, 0.09))
    ]
    scene.draw.polygon(metal, fill=(164, 168, 174), outline=(90, 94, 100))
    scene.draw.line([inside(board, 0.34, 0.035), inside(board, 0.66, 0.035)], (214, 218, 222), 6)


def _rule(scene: Scene, paper: Quad, u: float, to_u: float, v: float, width: int = 4) -> None:
    grey = scene.chance.randint(70, 110)
    ends = [inside(paper, u, v), inside(paper, to_u, v)]
    scene.draw.line(ends, fill=(grey, grey, grey + 4), width=width)


def _print(scene: Scene, paper: Quad) -> None:
    """A letterhead, and a table of what was loaded."""
    head = [inside(paper, u, v) for u, v in ((0.07, 0.13), (0.4, 0.13), (0.4, 0.19), (0.07, 0.19))]
    scene.draw.polygon(head, fill=(28, 88, 84))
    _rule(scene, paper, 0.62, 0.92, 0.15, 9)
    _rule(scene, paper, 0.66, 0.92, 0.19)
    for row in range(9):
        v = 0.29 + row * 0.055
        _rule(scene, paper, 0.07, 0.17, v, 6)
        _rule(scene, paper, 0.22, 0.22 + scene.chance.uniform(0.2, 0.42), v, 6)
        _rule(scene, paper, 0.74, 0.8, v, 6)
        _rule(scene, paper, 0.05, 0.95, v + 0.027, 1)


def _stroke(scene: Scene, spots: list[Spot], width: int = 5) -> None:
    scene.draw.line(spots, fill=(32, 52, 150), width=width, joint="curve")


def _pen(scene: Scene, paper: Quad) -> None:
    """Ticks, the circled count with another beside it, and the signature."""
    chance = scene.chance
    wrong = chance.randrange(2, 7)
    for row in range(9):
        v = 0.29 + row * 0.055
        if row == wrong:
            _stroke(scene, [inside(paper, 0.72, v - 0.01), inside(paper, 0.83, v + 0.012)], 6)
            x, y = inside(paper, 0.77, v)
            scene.draw.ellipse((x - 62, y - 26, x + 62, y + 26), outline=(186, 36, 40), width=5)
            _figures(scene, inside(paper, 0.87, v))
        else:
            x, y = inside(paper, 0.87, v)
            _stroke(scene, [(x - 10, y), (x - 3, y + 8), (x + 14, y - 12)], 4)
    spots = [
        inside(paper, 0.5 + step * 0.019, 0.88 + chance.uniform(-0.03, 0.03)) for step in range(20)
    ]
    _stroke(scene, spots, 4)
    _rule(scene, paper, 0.48, 0.93, 0.93, 2)


def _figures(scene: Scene, at: Spot) -> None:
    """Two digits by hand."""
    x, y = at
    scene.draw.arc((x - 8, y - 18, x + 12, y + 2), 180, 60, fill=(186, 36, 40), width=5)
    scene.draw.line((x + 10, y - 4, x - 8, y + 16), fill=(186, 36, 40), width=5)
    scene.draw.line((x - 8, y + 16, x + 14, y + 16), fill=(186, 36, 40), width=5)
    scene.draw.line((x + 28, y - 18, x + 28, y + 17), fill=(186, 36, 40), width=5)
