// The composer while typing; without it every button still works.

const form = document.querySelector("#composer");

const rows = () => form.querySelectorAll("tr[data-line]");
const part = (row, name) => row.querySelector(`[name$="-${name}"]`);
const changed = () => form.dispatchEvent(new CustomEvent("composer:changed", { bubbles: true }));

for (const button of form.querySelectorAll("[data-without-script]")) button.hidden = true;

// Typing a value picks the line; giving the line up takes its value away, for as long -------

form.addEventListener("input", (event) => {
  const row = event.target.closest("tr[data-line]");
  if (!row || event.target !== part(row, "value")) return;
  const pick = part(row, "pick");
  if (event.target.value.trim() && !pick.checked) pick.checked = true;
});

form.addEventListener("change", (event) => {
  const row = event.target.closest("tr[data-line]");
  if (!row || !event.target.matches("[data-pick]")) return;
  const value = part(row, "value");
  if (event.target.checked) {
    value.value ||= value.dataset.kept ?? "";
    value.focus();
  } else {
    value.dataset.kept = value.value;
    value.value = "";
    clear(row);
  }
});

function clear(row) {
  document.getElementById(`${row.dataset.line}-net`).textContent = "";
  row.querySelector(".field-errors").replaceChildren();
  mark();
}

// The reason says by what a line may be credited, and whether a photo is needed --------------

const reason = form.querySelector("[name=reason]");
const hint = form.querySelector("[data-photo-hint]");

function follow() {
  const chosen = reason.selectedOptions[0];
  const bases = chosen?.dataset.bases?.split(" ");
  for (const row of rows()) {
    const basis = part(row, "basis");
    if (!basis) continue;
    for (const option of basis.options) {
      option.disabled = Boolean(bases) && !bases.includes(option.value);
    }
    // A line that nobody touched takes the first basis allowed; others keep what was chosen.
    const isUntouched = !part(row, "pick").checked && !part(row, "value").value;
    if (isUntouched && basis.selectedOptions[0]?.disabled) {
      basis.value = [...basis.options].find((option) => !option.disabled)?.value ?? basis.value;
    }
  }
  hint.hidden = !chosen?.dataset.needsPhoto;
}

reason.addEventListener("change", follow);
follow();

// The offer is taken without leaving the page, so that chosen photos stay chosen --------------

form.addEventListener("click", (event) => {
  const button = event.target.closest("[data-offer]");
  if (!button) return;
  event.preventDefault();
  for (const row of rows()) {
    if (!part(row, "pick").checked) continue;
    part(row, "basis").value = "percent";
    part(row, "value").value = button.dataset.offer;
  }
  changed();
});

// Enter in the number of another invoice adds it; typing anew takes the old complaint away ----

const number = form.querySelector("#add-number");

number.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing) return;
  event.preventDefault();
  form.querySelector("button[value=add]").click();
});

number.addEventListener("input", () => {
  document.querySelector("#add-number-error")?.remove();
  number.closest(".field").classList.remove("field-wrong");
  number.removeAttribute("aria-invalid");
  number.removeAttribute("aria-describedby");
});

// Enter recalculates in place ------------------------------------------------------------------

form.addEventListener("submit", (event) => {
  if (event.submitter?.value !== "preview") return;
  event.preventDefault();
  changed();
});

// What the preview found wrong is marked at the field too -----------------------------------

function mark() {
  for (const row of rows()) {
    const errors = row.querySelector(".field-errors");
    if (!errors) continue;
    const isWrong = errors.children.length > 0;
    row.querySelector(".composer-ask").classList.toggle("field-wrong", isWrong);
    const value = part(row, "value");
    value.setAttribute("aria-describedby", errors.id);
    if (isWrong) value.setAttribute("aria-invalid", "true");
    else value.removeAttribute("aria-invalid");
  }
}

document.addEventListener("htmx:afterSettle", mark);

// Photos are shown before they are sent -------------------------------------------------------

const photos = form.querySelector("[name=photos]");
const strip = form.querySelector("[data-photo-preview]");

photos.addEventListener("change", () => {
  for (const image of strip.querySelectorAll("img")) URL.revokeObjectURL(image.src);
  strip.replaceChildren(...[...photos.files].map(show));
  strip.hidden = photos.files.length === 0;
});

function show(file) {
  const item = document.createElement("li");
  const frame = document.createElement("span");
  frame.className = "thumbnail";
  if (file.type.startsWith("image/")) {
    const image = document.createElement("img");
    image.src = URL.createObjectURL(file);
    image.alt = file.name;
    frame.append(image);
  } else {
    frame.textContent = file.name;
  }
  item.append(frame);
  return item;
}
