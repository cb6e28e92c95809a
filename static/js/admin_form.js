// The admin site's forms: the first wrong field is where one starts, and nothing typed is lost
// by leaving unawares.

// The search in long lists of choices says the name of its field to those who hear the page.
const name = (root) => {
  for (const select of root.querySelectorAll("select.admin-autocomplete")) {
    const box = select.parentElement.querySelector(".select2-selection");
    const label = select.closest(".field")?.querySelector(".field-label, label");
    if (box && label) box.setAttribute("aria-label", label.firstChild.textContent.trim());
    box?.removeAttribute("aria-labelledby");
    const value = box?.querySelector("[role=textbox]");
    value?.removeAttribute("role");
    value?.removeAttribute("aria-readonly");
  }
};
window.django?.jQuery?.(() => name(document)); // after the search itself was made, which jQuery begins
document.addEventListener("formset:added", (event) => name(event.target));

const form = document.querySelector("[data-admin-form]");
const wrong = form?.querySelector(".field-wrong :is(input, select, textarea)");
wrong?.focus();

if (form && form.querySelector("[type=submit]")) {
  let changed = Boolean(wrong);
  let sent = false;
  form.addEventListener("input", () => {
    changed = true;
    form.classList.add("is-changed");
  });
  form.addEventListener("submit", () => {
    sent = true;
  });
  addEventListener("beforeunload", (event) => {
    if (changed && !sent) event.preventDefault();
  });
}
