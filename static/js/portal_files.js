// How many files were chosen, beside the button by which they are; without script the browser says.
document.addEventListener("change", (event) => {
  const said = event.target.closest?.("[data-files]")?.querySelector("[data-chosen]");
  if (!said) return;
  const names = [...event.target.files].map((file) => file.name);
  said.textContent = names.length > 1 ? `${said.dataset.chosen} ${names.length}` : names.join("");
  said.hidden = !names.length;
});
