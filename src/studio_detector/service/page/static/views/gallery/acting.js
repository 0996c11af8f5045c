/** What presses and keys do to the cells of the gallery. */

import { on } from "../../dom.js";
import { t } from "../../strings.js";

const KEYS = ["arrows", "enter", "space", "shift", "all", "stack", "escape"];

/**
 * @param {ReturnType<typeof import("./grid.js").createGrid>} grid
 * @param {{entries: () => import("./arrange.js").Entry[],
 *   selection: import("./selection.js").Selection, open: (entry: Entry) => void,
 *   turn: (entry: Entry) => void, selectAll: () => void, keys: Object,
 *   signal: AbortSignal}} parts `open` shows a photo, `turn` opens or closes a stack.
 */
export function actOn(grid, { entries, selection, open, turn, selectAll, keys, signal }) {
  function press(event) {
    const element = event.target.closest(".cell");
    if (!element) return;
    const at = Number(element.dataset.at);
    const entry = entries()[at];
    const isOn = (name) => event.target.closest(name) !== null;
    const isChoice = isOn(".cell-tick") || event.ctrlKey || event.metaKey;
    const isTurn = isOn(".cell-pile") || (isOn(".cell-link") && entry.stack && !entry.isOpen);
    // Anything else is a link, which the browser follows.
    if (!event.shiftKey && !isChoice && !isTurn) return;
    event.preventDefault();
    if (event.shiftKey) selection.reach(entries(), at);
    else if (isChoice) selection.toggle(entry);
    else turn(entry);
  }

  function keyDown(event) {
    if (event.altKey || !event.target.matches(".cell")) return;
    const way = event.ctrlKey || event.metaKey ? event.key === "a" && selectAll : wayOf(event);
    if (!way) return;
    event.preventDefault();
    way();
  }

  function wayOf({ key, shiftKey }) {
    const entry = entries()[grid.active];
    if (key === "Enter") return () => (entry.stack && !entry.isOpen ? turn(entry) : open(entry));
    if (key === "e") return () => turn(entry);
    if (key === "Escape") return selection.size > 0 && (() => selection.clear());
    if (key !== " ") return null;
    return () => (shiftKey ? selection.reach(entries(), grid.active) : selection.toggle(entry));
  }

  on(grid.element, "click", press, signal);
  on(grid.element, "keydown", keyDown, signal);
  for (const name of KEYS) {
    const options = { group: t("gallery.title"), signal };
    keys.bind(t(`gallery.key.${name}`), t(`gallery.key_does.${name}`), null, options);
  }
}
