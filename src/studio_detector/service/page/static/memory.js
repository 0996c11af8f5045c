/** What this browser remembers of photos, by the hash of their bytes: name and thumbnail.
 *
 * The service keeps neither names nor, by default, pictures. Where everybody needs a key, several
 * people may use one browser, and nothing is remembered unless somebody wishes it.
 */

import { keep, recall } from "./kept.js";

const DATABASE = "studio-detector";
const STORE = "photos";
const MOST = 10_000;

/** Does nothing while it is off. Tells 'on' when it is switched on. */
export class Memory extends EventTarget {
  #opening = null;
  #isUsual;

  /** @param {{isUsual?: boolean}} [options] Whether it remembers where nothing was chosen. */
  constructor({ isUsual = true } = {}) {
    super();
    this.#isUsual = isUsual;
  }

  /** @returns {boolean} */
  get isOn() {
    return recall("remember", this.#isUsual ? "on" : "off") === "on";
  }

  /** @param {boolean} isOn Switching it off forgets everything. */
  async setOn(isOn) {
    keep("remember", isOn ? "on" : "off");
    if (isOn) this.dispatchEvent(new Event("on"));
    else await this.clear();
  }

  /**
   * @param {string} hash
   * @param {{name?: string, thumbnail?: Blob|null}} facts What is left out stays as it was.
   */
  async put(hash, facts) {
    if (!this.isOn) return;
    await this.#with("readwrite", (store) => {
      const asked = store.get(hash);
      asked.onsuccess = () => store.put({ ...asked.result, ...facts, at: Date.now() }, hash);
    });
  }

  /**
   * @param {string[]} hashes
   * @returns {Promise<Map<string, string>>} Hash -> name, of those that are known.
   */
  async of(hashes) {
    const found = new Map();
    if (!this.isOn) return found;
    await this.#with("readonly", (store) => {
      for (const hash of hashes) {
        const asked = store.get(hash);
        asked.onsuccess = () => {
          if (asked.result?.name) found.set(hash, asked.result.name);
        };
      }
    });
    return found;
  }

  /**
   * @param {string} hash
   * @returns {Promise<Blob|null>}
   */
  async thumbnail(hash) {
    let found = null;
    if (!this.isOn) return found;
    await this.#with("readonly", (store) => {
      const asked = store.get(hash);
      asked.onsuccess = () => {
        found = asked.result?.thumbnail ?? null;
      };
    });
    return found;
  }

  /** Forget everything. */
  async clear() {
    await this.#with("readwrite", (store) => store.clear());
  }

  /** A browser that keeps nothing remembers nothing, and nothing else changes. */
  async #with(mode, work) {
    try {
      this.#opening ??= open();
      const database = await this.#opening;
      await new Promise((resolve, reject) => {
        const transaction = database.transaction(STORE, mode);
        transaction.oncomplete = resolve;
        transaction.onerror = () => reject(transaction.error);
        transaction.onabort = () => reject(transaction.error);
        work(transaction.objectStore(STORE));
      });
    } catch (error) {
      if (!(error instanceof DOMException || error === null)) throw error;
    }
  }
}

function open() {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(DATABASE, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE).createIndex("at", "at");
    asked.onerror = () => reject(asked.error);
    asked.onsuccess = () => {
      trim(asked.result);
      resolve(asked.result);
    };
  });
}

/** Forget the oldest beyond what is worth keeping. */
function trim(database) {
  const store = database.transaction(STORE, "readwrite").objectStore(STORE);
  const counted = store.count();
  counted.onsuccess = () => {
    let surplus = counted.result - MOST;
    if (surplus <= 0) return;
    store.index("at").openKeyCursor().onsuccess = ({ target }) => {
      if (!target.result || surplus <= 0) return;
      surplus -= 1;
      store.delete(target.result.primaryKey);
      target.result.continue();
    };
  };
}
