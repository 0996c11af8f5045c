/** Single keys that do something, and the dialog that lists them. */

import { openDialog } from "./dialog.js";
import { h } from "./dom.js";
import { keep, recall } from "./kept.js";
import { t } from "./strings.js";

const TYPING = "input:not([type=checkbox], [type=radio], [type=range], [type=file]), textarea, select";

/**
 * @typedef {Object} Binding
 * @property {string} key As in `KeyboardEvent.key`: "g", "?", "ArrowLeft".
 * @property {string} label What it does.
 * @property {((event: KeyboardEvent) => void)|null} action Null for a key that a view sees to
 *   itself: it is only listed.
 */

/** Keys are ignored while somebody types, holds Control, Alt or Meta, or looks at a dialog. */
export function createKeys() {
  /** @type {Map<string, Binding[]>} */
  const groups = new Map();

  /**
   * @param {string} key
   * @param {string} label
   * @param {((event: KeyboardEvent) => void)|null} action
   * @param {{group?: string, signal?: AbortSignal}} [options] `group` is a heading of the list.
   */
  function bind(key, label, action, { group = t("keys.everywhere"), signal } = {}) {
    const binding = { key, label, action };
    groups.set(group, [...(groups.get(group) ?? []), binding]);
    signal?.addEventListener("abort", () => {
      const left = groups.get(group).filter((one) => one !== binding);
      if (left.length) groups.set(group, left);
      else groups.delete(group);
    });
  }

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest?.(TYPING) || document.querySelector("dialog[open]")) return;
    // Who dictates, or leans on the keyboard, may switch off keys that are a character alone.
    if (event.key.length === 1 && event.key !== "?" && !isOn()) return;
    // The view that was mounted last goes first.
    const found = [...groups.values()].flat().findLast((one) => one.action && one.key === event.key);
    if (!found) return;
    event.preventDefault();
    found.action(event);
  });

  /** Open the list of keys. */
  function help() {
    const line = ({ key, label }) => h("div", null, h("dt", null, keyCap(key)), h("dd", null, label));
    const lists = [...groups].map(([group, bindings]) =>
      h("section", null, h("h3", null, group), h("dl.keys", null, bindings.map(line))),
    );
    const box = h("input", {
      type: "checkbox",
      checked: isOn(),
      onchange: () => keep("keys", box.checked ? null : "off"),
    });
    const choice = h("label.choice", null, box, h("span", null, t("keys.single")));
    openDialog({ title: t("keys.title"), content: [lists, h("p", null, t("keys.tab")), choice] });
  }

  return { bind, help };
}

const isOn = () => recall("keys") !== "off";

const NAMES = {
  ArrowLeft: "\u2190",
  ArrowRight: "\u2192",
  ArrowUp: "\u2191",
  ArrowDown: "\u2193",
  " ": t("keys.space"),
};

const keyCap = (key) => h("kbd", null, NAMES[key] ?? (key.length === 1 ? key.toUpperCase() : key));
