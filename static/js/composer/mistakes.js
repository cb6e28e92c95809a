// What a refusal listed goes away again, one by one, as it is put right.
import { asked, form, isPicked } from "./page.js";

const summary = form.querySelector("[data-mistakes]");
const list = summary?.querySelector("ul");

function isSettled(target) {
  if (target.id === "lines") return [...asked()].some(isPicked);
  if (target.name === "photos") return Boolean(form.querySelector("#photos img"));
  const row = target.closest("[data-line]");
  if (row && !isPicked(row)) return true;
  return !target.closest(".field-wrong");
}

function settle() {
  for (const link of list.querySelectorAll("a")) {
    const target = document.getElementById(link.hash.slice(1));
    if (!target || !isSettled(target)) continue;
    if (target.id === "lines") target.querySelector(":scope > .message-error")?.remove();
    link.closest("li").remove();
  }
  if (!list.children.length) summary.remove();
}

/** What is said about a field is what is still on the page. */
function describe(control) {
  const ids = control.getAttribute("aria-describedby")?.split(" ") ?? [];
  const there = ids.filter((id) => document.getElementById(id));
  if (there.length) control.setAttribute("aria-describedby", there.join(" "));
  else control.removeAttribute("aria-describedby");
}

// Another answer takes the complaint about a field away; a line's own comes from the server.
form.addEventListener("input", (event) => {
  const field = event.target.closest(".field-wrong.field");
  if (!field || event.target.type === "file") return;
  field.querySelector(".field-errors")?.remove();
  field.classList.remove("field-wrong");
  event.target.removeAttribute("aria-invalid");
  describe(event.target);
  if (list) settle();
});

if (list) document.addEventListener("htmx:afterSettle", settle);

// After a refusal one begins with what is wrong.
summary?.focus();
