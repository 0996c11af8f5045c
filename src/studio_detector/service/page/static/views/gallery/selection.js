/** Which photos are selected. Knows nothing of the page. */

/** Tells 'changed'. */
export class Selection extends EventTarget {
  #ids = new Set();
  #anchor = null;

  /** @param {Iterable<string>} [ids] */
  constructor(ids = []) {
    super();
    this.#ids = new Set(ids);
  }

  /** @returns {number} */
  get size() {
    return this.#ids.size;
  }

  /** @returns {string[]} In the order in which they were selected. */
  get ids() {
    return [...this.#ids];
  }

  /** @param {string} id @returns {boolean} */
  has(id) {
    return this.#ids.has(id);
  }

  /**
   * Select what is not, and the other way round; a stack is selected as a whole.
   *
   * @param {import("./arrange.js").Entry} entry
   */
  toggle(entry) {
    const isOn = !this.holds(entry);
    this.#set([entry], isOn);
    this.#anchor = entry.item.id;
    this.#tell();
  }

  /**
   * Select all from what was pressed last up to an entry.
   *
   * @param {import("./arrange.js").Entry[]} entries As they are shown.
   * @param {number} at
   */
  reach(entries, at) {
    const from = entries.findIndex(({ item }) => item.id === this.#anchor);
    if (from < 0) {
      this.toggle(entries[at]);
      return;
    }
    this.#set(entries.slice(Math.min(from, at), Math.max(from, at) + 1), true);
    this.#tell();
  }

  /**
   * Where ranges begin.
   *
   * @param {import("./arrange.js").Entry} entry
   */
  anchorAt(entry) {
    this.#anchor = entry.item.id;
  }

  /** @param {Iterable<import("../../library.js").Item>} items */
  addAll(items) {
    for (const { id } of items) this.#ids.add(id);
    this.#tell();
  }

  /** @param {Iterable<import("../../library.js").Item>} items Which are no longer there. */
  forget(items) {
    const before = this.#ids.size;
    for (const { id } of items) this.#ids.delete(id);
    if (this.#ids.size !== before) this.#tell();
  }

  /** Select nothing. */
  clear() {
    this.#anchor = null;
    if (!this.#ids.size) return;
    this.#ids.clear();
    this.#tell();
  }

  /**
   * @param {import("./arrange.js").Entry} entry
   * @returns {boolean} Whether it is selected; of a closed stack, whether all of it is.
   */
  holds(entry) {
    return photosOf(entry).every(({ id }) => this.#ids.has(id));
  }

  #set(entries, isOn) {
    for (const entry of entries) {
      for (const { id } of photosOf(entry)) {
        if (isOn) this.#ids.add(id);
        else this.#ids.delete(id);
      }
    }
  }

  #tell() {
    this.dispatchEvent(new Event("changed"));
  }
}

/**
 * The photos that an entry stands for.
 *
 * @param {import("./arrange.js").Entry} entry
 * @returns {import("../../library.js").Item[]}
 */
export const photosOf = ({ item, stack, isOpen }) => (stack && !isOpen ? stack : [item]);
