/** Light, dark, or as the system has it. */

import { keep, recall } from "./kept.js";

/** @type {ReadonlyArray<"system"|"light"|"dark">} */
export const THEMES = ["system", "light", "dark"];

/** @returns {"system"|"light"|"dark"} What was chosen. */
export const theme = () => (THEMES.includes(recall("theme")) ? recall("theme") : "system");

/** @param {"system"|"light"|"dark"} chosen */
export function setTheme(chosen) {
  keep("theme", chosen === "system" ? null : chosen);
  if (chosen === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
}

/** @returns {boolean} Whether the page is dark now. */
export function isDark() {
  const chosen = theme();
  return chosen === "system"
    ? matchMedia("(prefers-color-scheme: dark)").matches
    : chosen === "dark";
}
