// The lines: picking, bases and units, and what one button fills in.
import { toast } from "../toasts.js";
import { changed, form, isPicked, part, rows } from "./page.js";

const isFor = (row, basis) => {
  const option = part(row, "basis")?.querySelector(`option[value="${basis}"]`);
  return Boolean(option) && !option.disabled;
};

function fill(row, basis, value) {
  part(row, "pick").checked = true;
  part(row, "basis").value = basis;
  part(row, "value").value = value;
  measure(row);
}

/** Credit all that is left of the line, whatever that is by then. */
function fillWhole(row) {
  if (!isFor(row, "whole")) return fillLeft(row);
  fill(row, "whole", "");
  return true;
}

/** Credit all that is left of the line, by the first basis that can say so. */
function fillLeft(row) {
  if (row.dataset.left && isFor(row, "quantity")) fill(row, "quantity", row.dataset.left);
  else if (isFor(row, "percent")) fill(row, "percent", "100");
  else return false;
  return true;
}

function fillMissing(row) {
  if (!row.dataset.missing || !isFor(row, "quantity")) return false;
  fill(row, "quantity", row.dataset.missing);
  return true;
}

// Typing a value picks the line; giving the line up takes its value away, for as long -------

form.addEventListener("input", (event) => {
  const row = event.target.closest("[data-line]");
  if (!row || !event.target.matches("[type=text]")) return;
  if (event.target === part(row, "value")) valued(row, event.target.value.trim());
  changed();
});

function valued(row, value) {
  const pick = part(row, "pick");
  if (pick && value) pick.checked = true;
  row.dataset.kept = "";
  if (value && part(row, "basis")?.value === "whole") {
    part(row, "basis").value = "quantity";
    measure(row);
  }
}

form.addEventListener("change", (event) => {
  const row = event.target.closest("[data-line]");
  if (!row) return;
  if (event.target.matches("[data-pick]")) pick(row, event.target.checked, { focus: true });
  else if (event.target === part(row, "basis")) rebased(row);
  else if (!event.target.matches("[type=checkbox]")) return;
  changed();
});

/** Take the line in or give it up; what was typed comes back with it. */
export function pick(row, isTaken, { focus = false } = {}) {
  const value = part(row, "value");
  part(row, "pick").checked = isTaken;
  if (isTaken) {
    row.dataset.kept = "";
    value.value ||= value.dataset.kept ?? "";
    if (focus && part(row, "basis")?.value !== "whole") value.focus();
  } else {
    value.dataset.kept = value.value;
    value.value = "";
    document.getElementById(`${row.dataset.line}-net`).textContent = "";
    document.getElementById(`${row.dataset.line}-more`)?.replaceChildren();
    row.querySelector(".field-errors")?.replaceChildren();
  }
}

/** Another basis: all that is left takes the line in and needs no figure. */
function rebased(row) {
  if (part(row, "basis").value === "whole") fill(row, "whole", "");
  else measure(row);
}

/** Say beside the value what it is counted in. */
function measure(row) {
  const { unit, each } = row.dataset;
  const measures = { quantity: unit, unit_price: each, percent: "%", whole: "" };
  const words = measures[part(row, "basis").value] ?? form.dataset.currency;
  const place = row.querySelector("[data-measure]");
  if (place) place.textContent = words;
}

// One click fills in much ---------------------------------------------------------------------

form.addEventListener("click", (event) => {
  const button = event.target.closest(
    "[data-fill], [data-fill-line], [data-offer], [data-same-percent]",
  );
  if (!button || button.disabled) return;
  if (!filled(button)) return; // the server says why not
  event.preventDefault();
  changed();
});

function filled(button) {
  if (button.dataset.offer) return fillPicked(button.dataset.offer, button);
  if ("samePercent" in button.dataset) return fillSame(button);
  if (!button.dataset.fill) return fillLeft(button.closest("tr"));
  const within = [...rows(button.closest("section"))].filter((row) => part(row, "value"));
  const fillOne = button.dataset.fill === "missing" ? fillMissing : fillWhole;
  return within.map((row) => fillOne(row)).some(Boolean);
}

const isPercent = (text) => {
  const number = Number(text.trim().replace(",", "."));
  return number > 0 && number <= 100;
};

function fillSame(button) {
  const field = form.elements.same_percent;
  if (!isPercent(field.value) || !fillPicked(field.value.trim(), button)) return false;
  field.value = "";
  return true;
}

/** The same percent on all lines picked; not if one of them can't be credited so. */
function fillPicked(percent, { dataset }) {
  const chosen = [...rows()].filter(isPicked);
  if (!chosen.length || !chosen.every((row) => isFor(row, "percent"))) return false;
  const typed = chosen.map((row) => [row, part(row, "basis").value, part(row, "value").value]);
  for (const row of chosen) fill(row, "percent", percent);
  if (typed.some(([, , value]) => value.trim())) {
    const go = () => {
      for (const [row, basis, value] of typed) fill(row, basis, value);
      changed();
    };
    toast(dataset.replaced, { tone: "info", way: { text: dataset.putBack, go } });
  }
  return true;
}

// The reason says by what a line may be credited, and what must come with it ------------------

const reason = form.querySelector("[name=reason]");

function follow() {
  const chosen = reason.selectedOptions[0];
  const bases = chosen?.dataset.bases?.split(" ");
  for (const row of rows()) {
    const basis = part(row, "basis");
    if (basis) offer(row, basis, bases);
  }
  for (const place of form.querySelectorAll("[data-for-basis]")) {
    if (place.matches("section") && !("mayHide" in place.dataset)) continue;
    const isAsked = [...place.querySelectorAll("[data-line]")].some(isPicked);
    const isOffered = bases ? bases.includes(place.dataset.forBasis) : place.matches("details");
    place.hidden = !isAsked && !isOffered;
  }
  const needsPhoto = Boolean(chosen?.dataset.needsPhoto);
  form.querySelector("[data-demand=photo]").hidden = !needsPhoto;
  const mayLack = form.elements.photos.closest(".field").querySelector(".field-optional");
  if (mayLack) mayLack.hidden = needsPhoto;
  form.querySelector("[data-demand=return]").hidden = !chosen?.dataset.needsReturn;
}

function offer(row, basis, bases) {
  for (const option of basis.options) {
    option.disabled = Boolean(bases) && !bases.includes(option.value);
  }
  // A line that nobody touched takes the first basis allowed; others keep what was chosen.
  if (isPicked(row) || !basis.selectedOptions[0]?.disabled) return;
  basis.value = [...basis.options].find((option) => !option.disabled)?.value ?? basis.value;
  measure(row);
}

reason.addEventListener("change", () => {
  follow();
  changed();
});
form.elements.tax.addEventListener("change", changed);
follow();
