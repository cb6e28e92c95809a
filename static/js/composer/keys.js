// Keys: Enter recalculates and never sends, Ctrl+Enter submits.
import { changed, form } from "./page.js";

/** Fields of their own: Enter in one presses its button. */
const buttons = new Map([
  [form.querySelector("#add-number"), "add"],
  [form.querySelector("#same-percent"), "percent"],
]);

form.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing) return;
  if (event.ctrlKey || event.metaKey) {
    event.preventDefault();
    form.requestSubmit(form.querySelector("button[name=do][value=submit]"));
  } else if (buttons.has(event.target)) {
    event.preventDefault();
    form.querySelector(`button[name=do][value=${buttons.get(event.target)}]`).click();
  }
});

// The button behind Enter recalculates in place.
form.addEventListener("submit", (event) => {
  if (event.submitter?.value !== "preview") return;
  event.preventDefault();
  changed();
}, true);

// A new credit note begins with its reason.
if (!form.elements.note && !form.querySelector("[autofocus]") && !form.querySelector("[data-mistakes]")) form.elements.reason.focus();
