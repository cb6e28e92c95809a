// On a wide screen a glance at the note beside the list: of the first row, then of whichever
// is reached by key or focus. The list works without it.

const pane = document.querySelector("[data-preview-pane]");
const list = document.querySelector("[data-rows]");
const isWide = matchMedia("(min-width: 80rem)");
const PAUSE = 120; // a row that is only passed by is not fetched

let shown = null;
let waiting = 0;

function show(row) {
  if (!isWide.matches || !row?.dataset.preview || row === shown) return;
  shown?.classList.remove("is-previewed");
  shown = row;
  row.classList.add("is-previewed");
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    htmx.ajax("GET", row.dataset.preview, { target: pane, swap: "innerHTML" });
  }, PAUSE);
}

if (pane && list) {
  const rowOf = (event) => event.target.closest("[data-preview]");
  list.addEventListener("row:current", (event) => show(rowOf(event)));
  list.addEventListener("focusin", (event) => show(rowOf(event)));
  const first = () => show(list.querySelector("[data-preview]"));
  isWide.addEventListener("change", first);
  first();
}
