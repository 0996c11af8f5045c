/** Who is signed in: the key, in memory, or until the tab is closed; never longer. */

const NAME = "studio-detector.key";

/** Tells 'changed' when a key comes or goes. */
export class Session extends EventTarget {
  #key = null;

  constructor() {
    super();
    try {
      this.#key = sessionStorage.getItem(NAME);
    } catch {
      // A browser that keeps nothing asks again.
    }
  }

  /** @returns {string|null} */
  get key() {
    return this.#key;
  }

  /**
   * @param {string} key
   * @param {{isKept?: boolean}} [options] Whether a reload of this tab shall still have it.
   */
  begin(key, { isKept = false } = {}) {
    this.#key = key;
    this.#write(isKept ? key : null);
    this.dispatchEvent(new Event("changed"));
  }

  /** Forget the key. */
  end() {
    this.#key = null;
    this.#write(null);
    this.dispatchEvent(new Event("changed"));
  }

  #write(key) {
    try {
      if (key === null) sessionStorage.removeItem(NAME);
      else sessionStorage.setItem(NAME, key);
    } catch {
      // Then it lasts as long as the page.
    }
  }
}
