// Writes static/made/tabler.css: of Tabler's style sheet only what some page can use, a sixth
// of it. A rule is kept where every class, element and attribute it names is a word in a
// template, a script or a form. Themes are chosen by an attribute that only the browser sets.

import { mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { PurgeCSS } from "purgecss";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));

const [sheet] = await new PurgeCSS().purge({
  css: ["node_modules/@tabler/core/dist/css/tabler.min.css"],
  content: [
    "templates/**/*.html",
    "static/js/**/*.js",
    "{config,customers,creditnotes,approvals,portal}/**/*.py",
  ],
  dynamicAttributes: ["data-bs-theme"],
  keyframes: true,
  fontFace: true,
});
await mkdir("static/made", { recursive: true });
await writeFile("static/made/tabler.css", sheet.css.replace(/\/\*# sourceMappingURL=.*?\*\//, ""));
