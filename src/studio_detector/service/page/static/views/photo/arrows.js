/** Arrow keys that mean something to an element are no shortcuts of the view. */

import { on } from "../../dom.js";

const ARROWS = new Set(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"]);

/**
 * @param {HTMLElement} element
 * @param {AbortSignal} signal
 */
export function keepArrows(element, signal) {
  on(
    element,
    "keydown",
    (event) => {
      if (ARROWS.has(event.key)) event.stopPropagation();
    },
    signal,
  );
}
