// Before anything is drawn: light or dark as chosen, else as the system says.
(() => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => {
    try {
      return localStorage.getItem("theme") || "auto";
    } catch {
      return "auto";
    }
  };
  const show = () => {
    const choice = chosen();
    const isDark = choice === "dark" || (choice === "auto" && dark.matches);
    root.dataset.bsTheme = isDark ? "dark" : "light";
    root.dataset.themeChoice = choice;
  };
  dark.addEventListener("change", show);
  addEventListener("storage", show);
  document.addEventListener("theme:choose", (event) => {
    try {
      localStorage.setItem("theme", event.detail);
    } catch {
      // A browser that keeps nothing follows its system.
    }
    show();
  });
  show();
})();
