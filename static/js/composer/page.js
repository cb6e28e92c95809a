// What the composer's parts share.

export const form = document.querySelector("#composer");

/** All rows, or those within one invoice. */
export const rows = (within = form) => within.querySelectorAll("tr[data-line]");

/** A row's field called `name`: pick, basis or value. */
export const part = (row, name) => row.querySelector(`[name$="-${name}"]`);

/** What is asked for has changed: the figures are due anew, and the draft to be kept. */
export const changed = () =>
  form.dispatchEvent(new CustomEvent("composer:changed", { bubbles: true }));
