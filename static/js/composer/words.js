// How long a text is, and how long it may be, once that matters.
import { form } from "./page.js";

for (const count of form.querySelectorAll("[data-count-of]")) {
  const field = document.getElementById(count.dataset.countOf);
  const tell = () => {
    count.textContent = `${field.value.length} / ${field.maxLength}`;
    count.hidden = !field.value;
    count.classList.toggle("warn", field.value.length > field.maxLength * 0.9);
  };
  field.addEventListener("input", tell);
  tell();
}
