// The lines: picking, bases and units, what one button fills in, and finding one among many.
import { toast } from "../toasts.js";
import { changed, form, part, rows } from "./page.js";

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
  const row = event.target.closest("tr[data-line]");
  if (!row || event.target !== part(row, "value")) return;
  const pick = part(row, "pick");
  if (event.target.value.trim() && !pick.checked) pick.checked = true;
  changed();
});

form.addEventListener("change", (event) => {
  const row = event.target.closest("tr[data-line]");
  if (!row) return;
  if (event.target.matches("[data-pick]")) picked(row, event.target.checked);
  else if (event.target === part(row, "basis")) measure(row);
  else return;
  changed();
});

function picked(row, isPicked) {
  const value = part(row, "value");
  if (isPicked) {
    value.value ||= value.dataset.kept ?? "";
    value.focus();
  } else {
    value.dataset.kept = value.value;
    value.value = "";
    document.getElementById(`${row.dataset.line}-net`).textContent = "";
    row.querySelector(".field-errors")?.replaceChildren();
  }
}

/** Say beside the value what it is counted in. */
function measure(row) {
  const unit = row.querySelector("[data-unit]");
  if (unit) unit.textContent = row.getAttribute(`data-unit-${part(row, "basis").value}`) ?? "";
}

// One click fills in much ---------------------------------------------------------------------

form.addEventListener("click", (event) => {
  const button = event.target.closest("[data-fill], [data-fill-line], [data-offer]");
  if (!button || button.disabled) return;
  if (!filled(button)) return; // the server says why not
  event.preventDefault();
  changed();
});

function filled(button) {
  if (button.dataset.offer) return fillOffer(button);
  if (!button.dataset.fill) return fillLeft(button.closest("tr"));
  const within = [...rows(button.closest("section"))].filter((row) => part(row, "value"));
  const fillOne = button.dataset.fill === "missing" ? fillMissing : fillLeft;
  return within.map((row) => fillOne(row)).some(Boolean);
}

function fillOffer(button) {
  const chosen = [...rows()].filter((row) => part(row, "pick").checked);
  const typed = chosen.map((row) => [row, part(row, "basis").value, part(row, "value").value]);
  for (const row of chosen) fill(row, "percent", button.dataset.offer);
  if (typed.some(([, , value]) => value.trim())) {
    const go = () => {
      for (const [row, basis, value] of typed) fill(row, basis, value);
      changed();
    };
    toast(button.dataset.replaced, { tone: "info", way: { text: button.dataset.putBack, go } });
  }
  return chosen.length > 0;
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
  const isUntouched = !part(row, "pick").checked && !part(row, "value").value;
  if (!isUntouched || !basis.selectedOptions[0]?.disabled) return;
  basis.value = [...basis.options].find((option) => !option.disabled)?.value ?? basis.value;
  measure(row);
}

reason.addEventListener("change", () => {
  follow();
  changed();
});
follow();

// Among many lines one looks for words, or only at those chosen --------------------------------

const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

for (const section of form.querySelectorAll(".composer-invoice")) {
  const words = section.querySelector("[data-filter]");
  const only = section.querySelector("[data-only-chosen]");
  if (!words || !only) continue;
  const show = () => {
    const wanted = plain(words.querySelector("input").value.trim());
    const chosenOnly = only.querySelector("input").checked;
    for (const row of rows(section)) {
      const fits = !wanted || plain(row.cells[0].textContent).includes(wanted);
      row.hidden = !fits || (chosenOnly && !part(row, "pick").checked);
    }
  };
  words.addEventListener("input", show);
  only.addEventListener("change", show);
}
