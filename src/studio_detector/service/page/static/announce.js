/** Saying to who listens with a screen reader what others see. */

import { h } from "./dom.js";

const PAUSE_MS = 1000;

/**
 * @param {HTMLElement} parent Where the two live regions go.
 * @returns {(text: string, options?: {isUrgent?: boolean}) => void} Of texts that come fast, the
 *   last one is said.
 */
export function createAnnouncer(parent) {
  const calm = h("div.unseen", { role: "status", "aria-live": "polite" });
  const urgent = h("div.unseen", { role: "alert", "aria-live": "assertive" });
  parent.append(calm, urgent);
  let waiting = 0;
  let next = "";
  return (text, { isUrgent = false } = {}) => {
    if (isUrgent) {
      urgent.textContent = text;
      return;
    }
    next = text;
    waiting ||= setTimeout(() => {
      waiting = 0;
      calm.textContent = next;
    }, PAUSE_MS);
  };
}
