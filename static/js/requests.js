// The inbox by keyboard: p picks up the request on whose row one stands, else the first that
// nobody has. A row one stands on is stood on again after the list came anew.

const current = () => document.querySelector("[data-rows] > .is-current");

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-pick-up-current]")) return;
  const row = current() ?? document.querySelector("[data-rows] > :has([data-pick-up])");
  row?.querySelector("[data-pick-up]")?.click();
});

let stoodOn = "";

document.addEventListener("htmx:beforeSwap", () => {
  stoodOn = current()?.id ?? "";
});

document.addEventListener("htmx:afterSettle", () => {
  const row = stoodOn && document.getElementById(stoodOn);
  if (!row || row.classList.contains("is-current")) return;
  row.classList.add("is-current");
  row.querySelector("a[href]")?.focus({ preventScroll: true });
});
