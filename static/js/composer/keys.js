// Keys: Enter recalculates and never sends, Ctrl+Enter submits.
import { changed, form } from "./page.js";

const number = form.querySelector("#add-number");

form.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing) return;
  if (event.ctrlKey || event.metaKey) {
    event.preventDefault();
    form.requestSubmit(form.querySelector("button[name=do][value=submit]"));
  } else if (event.target === number) {
    event.preventDefault();
    form.querySelector("button[value=add]").click();
  }
});

// The button behind Enter recalculates in place.
form.addEventListener("submit", (event) => {
  if (event.submitter?.value !== "preview") return;
  event.preventDefault();
  changed();
}, true);

// A new credit note begins with its reason.
if (!form.elements.note && !form.querySelector("[data-mistakes]")) form.elements.reason.focus();
