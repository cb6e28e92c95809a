// What the composer's parts share.

export const form = document.querySelector("#composer");

/** The rows of all invoice lines, or of those of one invoice. */
export const rows = (within = form) => within.querySelectorAll("tr[data-line]");

/** All that can be asked for: invoice lines, taxes alone, goodwill. */
export const asked = () => form.querySelectorAll("[data-line]");

/** A row's field called `name`: pick, basis, value, description. */
export const part = (row, name) => row.querySelector(`[name$="-${name}"]`);

/** Whether the row is to be credited. */
export const isPicked = (row) =>
  Boolean(part(row, "pick")?.checked || part(row, "value")?.value || part(row, "description")?.value);

/** What is asked for has changed: the figures are due anew, and the draft to be kept. */
export const changed = () =>
  form.dispatchEvent(new CustomEvent("composer:changed", { bubbles: true }));

// Of hundreds of rows only those that are to be credited are sent.
form.addEventListener("formdata", (event) => {
  for (const row of asked()) {
    if (isPicked(row)) continue;
    for (const field of row.querySelectorAll("[name]")) event.formData.delete(field.name);
  }
});
