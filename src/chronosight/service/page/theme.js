// Before the page is drawn: the colours that were chosen last, so that a dark page never flashes white.
try {
  const chosen = localStorage.getItem("chronosight-theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // Storage is switched off: the colours follow the system.
}
