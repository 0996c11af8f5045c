// Before anything is drawn, so that a dark page does not flash white: no module, which would wait.
try {
  const theme = localStorage.getItem("studio-detector.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // A browser that keeps nothing shows what its system prefers.
}
