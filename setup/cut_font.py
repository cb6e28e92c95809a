"""Write static/made/inter.woff2: of Inter what pages are drawn with, less than a third of it.

Every letter of the Latin cut stays. What goes are weights below 400 and above 700, the shapes
for large type, and the OpenType features that no style sheet asks for.
"""

from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "node_modules/inter-ui/variable-latin/InterVariable-subset.woff2"
MADE = ROOT / "static/made/inter.woff2"
AXES = {"opsz": 14, "wght": (400, 400, 700)}
FEATURES = ["calt", "case", "kern", "locl", "tnum", "cv05", "cv11", "ss03"]


def main() -> None:
    font = TTFont(SOURCE)
    cutter = Subsetter(Options(layout_features=FEATURES, hinting=False))
    cutter.populate(unicodes=font.getBestCmap())
    cutter.subset(font)
    font = instantiateVariableFont(font, AXES)
    font.flavor = "woff2"
    MADE.parent.mkdir(exist_ok=True)
    font.save(MADE)


if __name__ == "__main__":
    main()
