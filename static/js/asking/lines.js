// Lines by tapping; giving one up takes its value away, for as long.
import { changed, form } from "./page.js";

const lines = [...form.querySelectorAll("[data-line]")];
const part = (line, name) => line.querySelector(`[name$="-${name}"]`);

// The person's own way to write a number; quantities have four decimals at most ---------------

const separator = document.documentElement.lang.startsWith("fr") ? "," : ".";
const read = (text) => Number(text.replace(/\s/g, "").replace(",", ".")) || 0;
const write = (number) => String(Math.round(number * 1e4) / 1e4).replace(".", separator);

const left = (line) => Number(line.dataset.left);
const isByPieces = (line) => part(line, "basis").value === "quantity";

function show(line) {
  const pick = line.querySelector("[data-pick]");
  line.classList.toggle("is-picked", pick.checked);
  line.querySelector("[data-how-much]").hidden = !pick.checked;
  const buttons = line.querySelectorAll("[data-step], [data-all]");
  for (const button of buttons) button.hidden = !isByPieces(line);
}

/** After values came from elsewhere: what has one is picked. */
export function showAll() {
  for (const line of lines) {
    line.querySelector("[data-pick]").checked = Boolean(part(line, "value").value);
    show(line);
  }
}

function pick(line, isPicked) {
  const value = part(line, "value");
  if (isPicked && !value.value) {
    value.value = value.dataset.kept ?? (isByPieces(line) ? write(Math.min(1, left(line))) : "");
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

// All that is left of an invoice or a delivery, in one tap -------------------------------------

function takeWhole(what) {
  const isWanted = (line) =>
    what === "delivery"
      ? "delivered" in line.dataset
      : line.closest("[data-sale]").dataset.sale === what;
  const wanted = lines.filter(isWanted);
  for (const line of wanted) takeAll(line);
  changed();
  wanted[0]?.querySelector("[data-pick]").focus();
}

function takeAll(line) {
  const basis = part(line, "basis");
  const isPossible = (name) => [...basis.options].some((o) => o.value === name && !o.disabled);
  if (!isByPieces(line) && line.dataset.goods && isPossible("quantity")) basis.value = "quantity";
  if (basis.value === "unit_price" && isPossible("amount")) basis.value = "amount";
  const all = isByPieces(line) ? line.dataset.allPieces : line.dataset.leftNet;
  if (!Number(all)) return;
  part(line, "value").value = write(Number(all));
  line.querySelector("[data-pick]").checked = true;
  show(line);
}

form.addEventListener("click", (event) => {
  const button = event.target.closest("[data-whole]");
  if (!button) return;
  event.preventDefault();
  takeWhole(button.dataset.whole);
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

export function followReason() {
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
if (lines.some((line) => part(line, "value").value)) {
  addEventListener("load", () => form.dispatchEvent(new CustomEvent("ask:estimate", { bubbles: true })));
}
