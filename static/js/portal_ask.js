// The reason decides by what a line can be asked for: offer only that.
// Without this script the server says so beside the line.

const form = document.querySelector("[data-ask]");
const reason = form?.querySelector("select[name=reason]");

function follow() {
  const bases = reason.selectedOptions[0]?.dataset.bases?.split(" ");
  for (const select of form.querySelectorAll("select[name$=-basis]")) {
    for (const option of select.options) {
      option.hidden = option.disabled = Boolean(bases) && !bases.includes(option.value);
    }
    if (select.selectedOptions[0]?.disabled) {
      select.value = [...select.options].find((option) => !option.disabled)?.value ?? select.value;
    }
  }
}

if (reason) {
  reason.addEventListener("change", follow);
  follow();
}
