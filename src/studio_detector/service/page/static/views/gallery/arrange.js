/** Which photos a gallery shows, and in which order. Knows nothing of the page. */

import { shownLabel } from "./labels.js";

/** @typedef {"newest"|"studio"|"natural"|"doubt"|"name"} Order */

/**
 * @typedef {Object} Wishes
 * @property {"all"|import("./labels.js").Label} filter
 * @property {Order} order
 * @property {string} search Words that the name, or the folder, must hold.
 * @property {import("./labels.js").Thresholds|null} thresholds
 */

/**
 * @typedef {Object} Entry What one cell shows.
 * @property {import("../../library.js").Item} item
 * @property {import("../../library.js").Item[]|null} stack Photos that look alike, the one that
 *   is shown first; null for one that is alone.
 * @property {number|null} group Names the stack.
 * @property {boolean} isOpen Whether every photo of the stack has a cell of its own.
 */

const NAMES = new Intl.Collator("en-GB", { numeric: true, sensitivity: "base" });
// What waits or runs is newer than all that is over, and has no place between others.
const LATER = "9999";

// Of a photo that was known already, when it was added again counts here.
const moment = (item) => item.endedAt ?? item.result?.created_at ?? LATER;
const confidence = (item, otherwise) => item.result?.confidence ?? otherwise;
const newest = (one, other) => (moment(one) < moment(other) ? 1 : moment(one) > moment(other) ? -1 : 0);

/** @type {Record<Order, (one: Item, other: Item) => number>} */
const ORDERS = {
  newest,
  studio: (one, other) => confidence(other, -1) - confidence(one, -1) || newest(one, other),
  natural: (one, other) => confidence(one, 2) - confidence(other, 2) || newest(one, other),
  doubt: (one, other) => doubt(one) - doubt(other) || newest(one, other),
  name: (one, other) =>
    Number(!one.name) - Number(!other.name) || NAMES.compare(one.name, other.name) || newest(one, other),
};

/** @type {ReadonlyArray<Order>} */
export const ORDER_NAMES = Object.freeze(Object.keys(ORDERS));

/**
 * @param {import("../../library.js").Item[]} items
 * @param {Wishes} wishes
 * @returns {import("../../library.js").Item[]}
 */
export function arrange(items, { filter, order, search, thresholds }) {
  const words = plain(search).split(/\s+/).filter(Boolean);
  const isShown = (item) =>
    (filter === "all" || shownLabel(item, thresholds) === filter) && holds(item, words);
  return items.filter(isShown).sort(ORDERS[order]);
}

/**
 * Put photos that look alike together, where the first of them stands.
 *
 * @param {import("../../library.js").Item[]} items In order.
 * @param {(item: import("../../library.js").Item) => number|null} groupOf
 * @param {Set<number>} open Groups of which every photo is shown.
 * @returns {Entry[]}
 */
export function stacked(items, groupOf, open) {
  const stacks = new Map();
  for (const item of items) {
    const group = groupOf(item);
    if (group === null) continue;
    if (!stacks.has(group)) stacks.set(group, []);
    stacks.get(group).push(item);
  }
  const entries = [];
  for (const item of items) {
    const group = groupOf(item);
    const stack = group === null ? null : stacks.get(group);
    if (!stack || stack.length === 1) entries.push(alone(item));
    else if (stack[0] === item) {
      const isOpen = open.has(group);
      for (const one of isOpen ? stack : [item]) entries.push({ item: one, stack, group, isOpen });
    }
  }
  return entries;
}

/**
 * @param {import("../../library.js").Item} item
 * @returns {Entry}
 */
export const alone = (item) => ({ item, stack: null, group: null, isOpen: false });

/** Without accents and capitals, which few people type into a search. */
const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().trim();

function holds(item, words) {
  if (!words.length) return true;
  const name = plain(`${item.path ?? ""} ${item.name}`);
  const hash = item.result?.image_hash ?? "";
  // Photos without a name are called by their hash; shorter words begin many of them.
  return words.every((word) => name.includes(word) || (word.length >= 6 && hash.startsWith(word)));
}

function doubt(item) {
  return item.result ? Math.abs(item.result.confidence - 0.5) : 1;
}
