// Among many lines one looks for words, or only at those chosen; of very many the first are
// shown until one asks for all.
import { changed, form, isPicked, part, rows } from "./page.js";
import { pick } from "./lines.js";

const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

for (const section of form.querySelectorAll(".composer-invoice.has-many")) {
  const words = section.querySelector("[data-filter] input");
  const only = section.querySelector("[data-only-chosen] input");
  const all = section.querySelector("[data-pick-shown]");
  const more = section.querySelector("[data-show-all]");
  let isShort = "short" in section.dataset;

  const show = () => {
    const wanted = plain(words?.value.trim() ?? "");
    const isNarrow = Boolean(wanted || only?.checked);
    for (const row of rows(section)) {
      const fits = !wanted || plain(row.cells[0].textContent).includes(wanted);
      row.hidden = !fits || (only?.checked && !isPicked(row));
    }
    section.toggleAttribute("data-short", isShort && !isNarrow);
    if (all) all.checked = false;
  };
  words?.addEventListener("input", show);
  only?.addEventListener("change", show);
  more?.addEventListener("click", () => {
    isShort = false;
    show();
  });
  all?.addEventListener("change", () => {
    const shown = [...rows(section)].filter((row) => row.offsetParent && part(row, "value"));
    for (const row of shown) pick(row, all.checked);
    changed();
  });
}

// How many are picked is said beside what is done with all of them.
const count = form.querySelector("[data-picked-count]");
const tell = () => {
  const everything = [...rows()];
  count.textContent = `${everything.filter(isPicked).length} / ${everything.length}`;
};
form.addEventListener("composer:changed", tell);
tell();
