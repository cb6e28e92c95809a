// The page of a payment or credit: adds up what is typed, and says when it is too much.

const form = document.querySelector("[data-apply]");
const sum = form?.querySelector("[data-apply-sum]");

/** Cents of what somebody typed in English or French; nothing for what is no number. */
function centsOf(text) {
  const bare = text.replace(/[\s\u00a0\u202f$]/g, "");
  const english = document.documentElement.lang.startsWith("en");
  const plain = english && /^\d{1,3}(,\d{3})+(\.\d+)?$/.test(bare)
    ? bare.replaceAll(",", "")
    : bare.replace(",", ".");
  const number = Number(plain);
  return plain && Number.isFinite(number) ? Math.round(number * 100) : 0;
}

function addUp() {
  const fields = form.querySelectorAll("input[name^='amount-']");
  const cents = [...fields].reduce((total, field) => total + centsOf(field.value), 0);
  const locale = `${document.documentElement.lang.slice(0, 2)}-CA`;
  sum.textContent = (cents / 100).toLocaleString(locale, { minimumFractionDigits: 2 });
  const tooMuch = cents > Math.round(Number(form.dataset.apply) * 100);
  sum.closest(".apply-sum").classList.toggle("is-too-much", tooMuch);
}

if (sum) {
  form.addEventListener("input", addUp);
  addUp();
}
