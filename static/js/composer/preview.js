// After each answer of the server: what stands elsewhere on the page is put there, what is
// wrong is marked at its field, and the total is told.
import { asked, form, part } from "./page.js";

const CALM = 900; // ms without an answer, until a screen reader is told
const announced = form.querySelector("[data-announced]");
let timer;

/** Replace what has changed, and nothing else: of 300 lines usually one. */
function place(preview) {
  const template = preview.querySelector("template[data-elsewhere]");
  if (!template) return;
  const news = [...template.content.querySelectorAll("[id]")];
  for (const fresh of news.filter((each) => !each.parentElement?.closest("[id]"))) {
    const old = document.getElementById(fresh.id);
    const isTypedIn = old?.contains(document.activeElement);
    if (old && !isTypedIn && old.outerHTML !== fresh.outerHTML) old.replaceWith(fresh);
  }
  template.remove();
}

function mark() {
  for (const row of asked()) {
    const errors = row.querySelector(".field-errors");
    if (!errors) continue;
    const isWrong = errors.children.length > 0;
    row.querySelector("[data-ask]").classList.toggle("field-wrong", isWrong);
    const value = part(row, "value");
    if (isWrong) value.setAttribute("aria-invalid", "true");
    else value.removeAttribute("aria-invalid");
  }
}

function announce() {
  const words = form.querySelector("#preview [data-announce]")?.dataset.announce ?? "";
  const wrong = [...form.querySelectorAll("[data-ask].field-wrong")].map((ask) => {
    const errors = ask.parentElement.querySelector(".field-errors");
    return errors?.textContent.trim().replace(/\s+/g, " ") ?? "";
  });
  announced.textContent = [words, ...wrong].join(". ");
}

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target?.id !== "preview") return;
  place(event.detail.target);
  mark();
  clearTimeout(timer);
  timer = setTimeout(announce, CALM);
});

// Where the draft keeps itself, the line beside the buttons says that the server is out of
// reach; once is enough.
document.addEventListener(
  "htmx:sendError",
  (event) => {
    if (event.detail.elt?.id === "preview" && form.dataset.autosave) {
      event.stopImmediatePropagation();
    }
  },
  true,
);
