// Asking for a credit on a phone: lines by tapping, photos on their way at once.
// Without this script every field is there, and the server says what is wrong.

import { toast } from "./toasts.js";
import { followPhotos } from "./portal_photos.js";

const form = document.querySelector("[data-ask]");
const lines = [...form.querySelectorAll("[data-line]")];
const part = (line, name) => line.querySelector(`[name$="-${name}"]`);
const changed = () => form.dispatchEvent(new CustomEvent("ask:changed", { bubbles: true }));

// The person's own way to write a number; quantities have four decimals at most ---------------

const separator = document.documentElement.lang.startsWith("fr") ? "," : ".";
const read = (text) => Number(text.replace(/\s/g, "").replace(",", ".")) || 0;
const write = (number) => String(Math.round(number * 1e4) / 1e4).replace(".", separator);

// Tapping a line picks it; giving it up takes its value away, for as long ---------------------

function show(line) {
  const pick = line.querySelector("[data-pick]");
  const isPieces = part(line, "basis").value === "quantity";
  line.classList.toggle("is-picked", pick.checked);
  line.querySelector("[data-how-much]").hidden = !pick.checked;
  for (const button of line.querySelectorAll("[data-step], [data-all]")) button.hidden = !isPieces;
}

function pick(line, isPicked) {
  const value = part(line, "value");
  if (isPicked && !value.value) {
    const isPieces = part(line, "basis").value === "quantity";
    value.value = value.dataset.kept ?? (isPieces ? write(Math.min(1, left(line))) : "");
  }
  if (!isPicked) {
    value.dataset.kept = value.value;
    value.value = "";
    line.querySelector("[data-line-errors]").replaceChildren();
  }
  show(line);
  if (isPicked && !value.value) value.focus();
  changed();
}

const left = (line) => Number(line.dataset.left);

function step(line, by) {
  const value = part(line, "value");
  const next = Math.min(left(line), Math.max(0, read(value.value) + by));
  value.value = write(next);
  if (next === 0) {
    line.querySelector("[data-pick]").checked = false;
    value.value = "";
    show(line);
    line.querySelector("[data-pick]").focus();
  }
  changed();
}

form.addEventListener("click", (event) => {
  const line = event.target.closest("[data-line]");
  const button = event.target.closest("[data-step], [data-all]");
  if (!line || !button) return;
  if (button.dataset.step) step(line, Number(button.dataset.step));
  else step(line, left(line));
});

form.addEventListener("change", (event) => {
  const line = event.target.closest("[data-line]");
  if (!line) return;
  if (event.target.matches("[data-pick]")) pick(line, event.target.checked);
  else if (event.target === part(line, "basis")) {
    part(line, "value").value = "";
    show(line);
    part(line, "value").focus();
    changed();
  }
});

// The reason says by what a line may be asked for, and whether a photo is needed ---------------

const hint = form.querySelector("[data-photo-hint]");

function followReason() {
  const reason = form.querySelector("[name=reason]:checked");
  const bases = reason?.dataset.bases.split(" ");
  for (const line of lines) {
    const basis = part(line, "basis");
    for (const option of basis.options) {
      option.hidden = option.disabled = Boolean(bases) && !bases.includes(option.value);
    }
    if (basis.selectedOptions[0]?.disabled) {
      const first = [...basis.options].find((option) => !option.disabled);
      if (first) {
        basis.value = first.value;
        part(line, "value").value = "";
      }
    }
    show(line);
  }
  hint.hidden = !reason?.dataset.needsPhoto;
}

form.addEventListener("change", (event) => {
  if (event.target.name !== "reason") return;
  followReason();
  changed();
});

followReason();
if (lines.some((line) => part(line, "value").value)) addEventListener("load", changed);

// Photos are sent while the rest is still being typed -------------------------------------------

const uploads = followPhotos(form, toast);

// Without a connection nothing is lost: the page stays as it is ----------------------------------

form.addEventListener(
  "submit",
  (event) => {
    if (navigator.onLine) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    toast(form.dataset.offline);
  },
  true,
);

form.addEventListener(
  "submit",
  (event) => {
    if (event.defaultPrevented || !uploads.isBusy()) return;
    // Photos on their way arrive first; then the request is sent by itself.
    event.preventDefault();
    event.stopImmediatePropagation();
    uploads.whenDone(() => form.requestSubmit());
  },
  true,
);

// What was typed is not lost by leaving unawares ----------------------------------------------

let isUnsent = false;
for (const kind of ["input", "ask:changed"]) form.addEventListener(kind, () => (isUnsent = true));
form.addEventListener("submit", () => (isUnsent = false));
addEventListener("beforeunload", (event) => {
  if (isUnsent) event.preventDefault();
});
