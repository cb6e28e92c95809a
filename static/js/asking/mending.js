// What was wrong loses its mark as soon as it is changed; sending says anew what is wrong.
import { form } from "./page.js";

const box = form.querySelector("#mistakes");
const links = [...(box?.querySelectorAll("a") ?? [])];
const aimOf = (link) => document.getElementById(link.hash.slice(1));
const lineOf = (control) => control?.closest("[data-line]");

/** Mistakes about the lines as a whole: any line that is changed may mend them. */
const ofAnyLine = new Set(
  links.filter((link) => lineOf(aimOf(link)) && !lineOf(aimOf(link)).querySelector(".field-wrong")),
);

/** What is changed together: a line with its numbers, or a field. */
const partOf = (control) => lineOf(control) ?? control.closest(".field, fieldset");

function unmark(part) {
  for (const each of [part, ...part.querySelectorAll(".field-wrong")]) {
    each.classList.remove("field-wrong");
  }
  for (const each of part.querySelectorAll("[aria-invalid]")) each.removeAttribute("aria-invalid");
  for (const errors of part.querySelectorAll(".field-errors")) errors.replaceChildren();
}

function mend(part) {
  if (!part || !box) return;
  unmark(part);
  for (const link of links) {
    const isOfLines = part.matches("[data-line]") && ofAnyLine.has(link);
    if (isOfLines || part.contains(aimOf(link))) link.closest("li").remove();
  }
  if (!box.querySelector("li")) box.remove();
}

for (const kind of ["input", "change"]) {
  form.addEventListener(kind, (event) => mend(partOf(event.target)));
}
form.addEventListener("click", (event) => {
  const button = event.target.closest("[data-step], [data-all], [data-whole]");
  if (!button) return;
  if (!button.dataset.whole) mend(partOf(button));
  else for (const line of form.querySelectorAll("[data-line]")) mend(line);
});
