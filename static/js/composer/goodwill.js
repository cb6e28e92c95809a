// Goodwill lines: there is always an empty one to go on with, and each can be taken away.
import { changed, form, isPicked } from "./page.js";

const list = form.querySelector(".composer-goodwill-lines");
const MOST = 20;

const numberOf = (row) => Number(row.dataset.line.split("-")[1]);

/** An empty line after `row`, under the next number. */
function follow(row) {
  const next = row.cloneNode(true);
  const from = `goodwill-${numberOf(row)}`;
  const to = `goodwill-${numberOf(row) + 1}`;
  for (const element of [next, ...next.querySelectorAll("*")]) {
    for (const { name, value } of [...element.attributes]) {
      if (value.includes(from)) element.setAttribute(name, value.replaceAll(from, to));
    }
  }
  for (const field of next.querySelectorAll("input")) field.value = "";
  next.querySelector(".field-errors").replaceChildren();
  next.querySelector("[data-ask]").classList.remove("field-wrong");
  list.append(next);
}

list.addEventListener("input", () => {
  const last = list.lastElementChild;
  if (isPicked(last) && list.children.length < MOST) follow(last);
});

list.addEventListener("click", (event) => {
  const row = event.target.closest("[data-remove-line]")?.closest("[data-line]");
  if (!row) return;
  if (row === list.lastElementChild) for (const field of row.querySelectorAll("input")) field.value = "";
  else row.remove();
  changed();
});
