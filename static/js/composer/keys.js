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

// Typing another number takes the old complaint away -------------------------------------------

number.addEventListener("input", () => {
  document.querySelector("#add-number-error")?.remove();
  number.closest(".field").classList.remove("field-wrong");
  number.removeAttribute("aria-invalid");
  number.removeAttribute("aria-describedby");
});

// After a refusal one begins with what is wrong -------------------------------------------------

document.querySelector("[data-mistakes]")?.focus();
