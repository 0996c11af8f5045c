/** Drops and pastes anywhere on the page, and what was chosen in fields: all into the queue. */

import { h } from "./dom.js";
import { isAddresses, readAddresses, readChosen, readDrop, readPaste } from "./files.js";
import { icon } from "./icons.js";
import { t } from "./strings.js";

const TYPING = "input, textarea, [contenteditable]";

/**
 * Tells 'noted' (detail: {skipped: number}) when files of a folder were left out.
 *
 * @param {{queue: import("./queue.js").Queue, announce: Function, navigate: Function}} parts
 */
export function createIntake({ queue, announce, navigate }) {
  const intake = new EventTarget();
  const takers = new Set();
  const veil = h(
    "div.veil",
    { "aria-hidden": "true", hidden: true },
    h("div.veil-words", null, icon("upload"), h("p", null, t("drop.release"))),
  );
  document.body.append(veil);

  function add(sources, { skipped = 0 } = {}) {
    if (skipped) intake.dispatchEvent(new CustomEvent("noted", { detail: { skipped } }));
    if (!sources.length) return [];
    const items = queue.add(sources);
    announce(t("drop.added", { n: items.length }));
    if (location.hash.length > 2) navigate("#/");
    return items;
  }

  /** What views take for themselves is not analysed. */
  async function left(sources) {
    let rest = sources;
    for (const take of takers) rest = await take(rest);
    return rest;
  }

  /**
   * Have a view look at all files first, before they are added.
   *
   * @param {(sources: import("./files.js").Source[]) =>
   *   Promise<import("./files.js").Source[]>} take Gives back what it does not want.
   * @param {AbortSignal} signal
   */
  intake.offer = (take, signal) => {
    takers.add(take);
    signal.addEventListener("abort", () => takers.delete(take));
  };

  /** @param {Iterable<File>} files Of a file field. */
  intake.addFiles = (files) => {
    const { sources, skipped } = readChosen(files);
    return add(sources, { skipped });
  };

  /**
   * @param {string} text
   * @returns {string[]} What is no address; then nothing was added.
   */
  intake.addAddresses = (text) => {
    const { sources, refused } = readAddresses(text);
    if (!refused.length) add(sources);
    return refused;
  };

  const carries = (event) =>
    ["Files", "text/uri-list"].some((kind) => event.dataTransfer?.types.includes(kind));

  window.addEventListener("dragover", (event) => {
    if (!carries(event) || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
    veil.hidden = false;
  });
  window.addEventListener("dragleave", (event) => {
    // Out of the window, and not from one element into another.
    if (event.relatedTarget === null) veil.hidden = true;
  });
  window.addEventListener("drop", async (event) => {
    veil.hidden = true;
    if (!carries(event)) return;
    event.preventDefault();
    if (document.querySelector("dialog[open]")) return;
    const { sources, skipped, text } = await readDrop(event.dataTransfer);
    add(await left(sources), { skipped });
    if (text) intake.addAddresses(text);
  });
  document.addEventListener("paste", async (event) => {
    const { clipboardData: data, target } = event;
    const isTyping = target.closest?.(TYPING);
    const text = data.getData("text/plain");
    if (data.files.length && !(isTyping && text)) {
      event.preventDefault();
      add(await left(readPaste(data)));
    } else if (!isTyping && isAddresses(text)) {
      event.preventDefault();
      intake.addAddresses(text);
    }
  });
  window.addEventListener("beforeunload", (event) => {
    if (queue.isBusy) event.preventDefault();
  });
  return intake;
}
