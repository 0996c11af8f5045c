/** The photos of this visit and of the server: one list that every view looks at. */

/**
 * @typedef {Object} Verdict What a list shows of a result; the rest is asked for one by one.
 * @property {string} id
 * @property {string} image_hash
 * @property {"studio"|"natural"|"uncertain"} label
 * @property {number} confidence Calibrated P(studio), 0..1.
 * @property {boolean} is_studio
 * @property {number} lighting_confidence
 * @property {string} phase
 * @property {string} model
 * @property {string} variant
 * @property {string} created_at
 * @property {number} processing_time_ms
 * @property {string|null} perceptual_hash PDQ, 64 hexadecimal digits.
 * @property {number|null} perceptual_quality
 * @property {string|null} answer "cached" and so on; null for what was listed.
 */

/**
 * @typedef {Object} Item
 * @property {string} id Stable: "local-1" for what was added here, the result's for the server's.
 * @property {"file"|"address"|"archive"|"member"|"server"} kind
 * @property {string} name What people call it; of the server's, what this browser remembers, or "".
 * @property {string} [path] Folders above a file of a folder.
 * @property {File|Blob} [file] The picture, while this page has it.
 * @property {string} [url] Of an address.
 * @property {number} [size] Bytes.
 * @property {"waiting"|"sending"|"analysing"|"done"|"failed"|"cancelled"} state
 * @property {number} progress Share that was sent, 0..1; of an archive, of its photos too.
 * @property {string|null} jobId
 * @property {string|null} batchId
 * @property {Verdict|null} result Once done.
 * @property {{code: string, detail: string}|null} error Once failed.
 * @property {string|null} endedAt When it was done or failed here; null of the server's.
 * @property {{total: number, done: number, failed: number}|null} counts Of an archive.
 * @property {string|null} thumbUrl Ask `context.thumbnails.of(item)` for it.
 * @property {{label: string, note: string|null}|null} feedback What was said here, last.
 */

const KEPT = [
  "id",
  "image_hash",
  "label",
  "confidence",
  "is_studio",
  "lighting_confidence",
  "phase",
  "model",
  "variant",
  "created_at",
  "processing_time_ms",
  "perceptual_hash",
  "perceptual_quality",
];
// More at once, and reading them would hold up a frame.
const PAGE = 500;
const NEWER = 20;

/**
 * What is kept of a result: thousands of whole ones would fill the memory of a phone.
 *
 * @param {Object<string, any>} result As the service sends it.
 * @returns {Verdict}
 */
export function verdictOf(result) {
  const kept = Object.fromEntries(KEPT.map((key) => [key, result[key] ?? null]));
  return { ...kept, answer: result.answer ?? null };
}

/**
 * What the library is given of a result that the service has.
 *
 * @param {Object<string, any>} result As the service sends it.
 * @param {Map<string, string>} names Hash -> name, of photos that this browser remembers.
 * @returns {Partial<Item>}
 */
export function listed(result, names) {
  return {
    id: result.id,
    kind: "server",
    name: names.get(result.image_hash) ?? "",
    state: "done",
    progress: 1,
    result: verdictOf(result),
  };
}

/**
 * Tells 'added' and 'removed' (detail: items), 'changed' (detail: one item) and 'reset'.
 */
export class Library extends EventTarget {
  #items = [];
  #byId = new Map();
  #serial = 0;
  #cursor = null;
  #isWhole = false;
  #visit = 0;
  // When the newest that the server listed was made.
  #newest = null;

  /** @param {{names?: {of: (hashes: string[]) => Promise<Map<string, string>>}}} [parts] */
  constructor({ names = null } = {}) {
    super();
    this.names = names;
  }

  /** @returns {ReadonlyArray<Item>} In the order in which they came. */
  get items() {
    return this.#items;
  }

  /** @returns {Item[]} What a gallery shows: all but archives and what was called off. */
  get photos() {
    return this.#items.filter((item) => item.kind !== "archive" && item.state !== "cancelled");
  }

  /** @returns {boolean} Whether everything that the server has was listed. */
  get isWhole() {
    return this.#isWhole;
  }

  /** @returns {boolean} Whether anything of it was listed. */
  get hasListed() {
    return this.#isWhole || this.#cursor !== null;
  }

  /**
   * @param {string} id Of an item, or of a result.
   * @returns {Item|undefined}
   */
  get(id) {
    return this.#byId.get(id);
  }

  /**
   * @param {Item} item
   * @returns {string[]} What else the same photo, byte by byte, is called here.
   */
  otherNames(item) {
    const isSame = ({ result }) => result !== null && result.id === item.result?.id;
    const names = new Set(this.#items.filter(isSame).map((one) => one.name));
    return [...names].filter((name) => name && name !== item.name);
  }

  /**
   * Add what is new.
   *
   * @param {Partial<Item>[]} drafts At least `kind`, `name`.
   * @returns {Item[]}
   */
  add(drafts) {
    const items = drafts.map((draft) => this.#made(draft));
    for (const item of items) {
      this.#items.push(item);
      this.#byId.set(item.id, item);
      if (item.result && !this.#byId.has(item.result.id)) this.#byId.set(item.result.id, item);
    }
    if (items.length) this.#tell("added", items);
    return items;
  }

  /**
   * Change an item and tell who looks at it.
   *
   * @param {Item} item
   * @param {Partial<Item>} changes
   */
  change(item, changes) {
    Object.assign(item, changes);
    if (changes.state) item.endedAt = endOf(item);
    if (changes.result && !this.#byId.has(changes.result.id)) {
      this.#byId.set(changes.result.id, item);
    } else if (changes.result) {
      const known = this.#byId.get(changes.result.id);
      // The same picture as one that the server listed: what was dropped has a name and bytes.
      if (known !== item && known.kind === "server") {
        this.remove([known]);
        this.#byId.set(changes.result.id, item);
      }
    }
    this.#tell("changed", item);
  }

  /** @param {Item[]} gone Taken off the list; the server keeps what it has. */
  remove(gone) {
    const ids = new Set(gone.map((item) => item.id));
    this.#items = this.#items.filter((item) => !ids.has(item.id));
    for (const item of gone) {
      this.#byId.delete(item.id);
      if (item.result && this.#byId.get(item.result.id) === item) {
        this.#byId.delete(item.result.id);
        const other = this.#items.find((one) => one.result?.id === item.result.id);
        if (other) this.#byId.set(item.result.id, other);
      }
      if (item.thumbUrl) URL.revokeObjectURL(item.thumbUrl);
    }
    if (gone.length) this.#tell("removed", gone);
  }

  /** Forget everything, as when somebody else signs in. */
  reset() {
    this.remove([...this.#items]);
    this.#cursor = null;
    this.#isWhole = false;
    this.#newest = null;
    this.#visit += 1;
    this.#tell("reset", null);
  }

  /**
   * List more of what the server has, the newest first.
   *
   * @param {{get: Function}} api
   * @param {{signal?: AbortSignal, most?: number}} [options] `most` new items, then it returns.
   * @returns {Promise<number>} How many came.
   */
  async load(api, { signal, most = PAGE } = {}) {
    let came = 0;
    while (!this.#isWhole && came < most) {
      const page = await this.#page(api, this.#cursor, PAGE, signal);
      this.#cursor = page.cursor;
      this.#isWhole = page.cursor === null;
      came += await this.#take(page.items);
    }
    return came;
  }

  /**
   * List what came to the server since it was listed.
   *
   * @param {{get: Function}} api
   * @param {{signal?: AbortSignal}} [options]
   */
  async loadNewer(api, { signal } = {}) {
    const known = this.#newest;
    let cursor = null;
    do {
      const page = await this.#page(api, cursor, NEWER, signal);
      await this.#take(page.items);
      const isKnown = known !== null && page.items.at(-1)?.created_at <= known;
      cursor = isKnown ? null : page.cursor;
    } while (cursor !== null);
  }

  async #page(api, cursor, limit, signal) {
    const visit = this.#visit;
    // Without what verdicts rest on, which a photo asks for when it is opened.
    const query = { limit, slim: true, ...(cursor ? { cursor } : {}) };
    const page = await api.get("/results", { query, signal });
    this.#check(visit);
    return page;
  }

  /** What is of whoever was signed in before is not taken in. */
  #check(visit) {
    if (visit !== this.#visit) throw new DOMException("called off", "AbortError");
  }

  async #take(results) {
    const visit = this.#visit;
    const newest = results[0]?.created_at ?? null;
    if (newest !== null && (this.#newest === null || newest > this.#newest)) this.#newest = newest;
    const fresh = results.filter((result) => !this.#byId.has(result.id));
    const names = (await this.names?.of(fresh.map((one) => one.image_hash))) ?? new Map();
    // Another may have come while the names were looked up, and somebody may have signed out.
    this.#check(visit);
    const unknown = fresh.filter((result) => !this.#byId.has(result.id));
    return this.add(unknown.map((result) => listed(result, names))).length;
  }

  #made(draft) {
    this.#serial += 1;
    const item = {
      id: `local-${this.#serial}`,
      kind: "file",
      name: "",
      state: "waiting",
      progress: 0,
      jobId: null,
      batchId: null,
      result: null,
      error: null,
      counts: null,
      thumbUrl: null,
      feedback: null,
      ...draft,
    };
    return { ...item, endedAt: endOf(item) };
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

const endOf = ({ kind, state }) =>
  kind !== "server" && (state === "done" || state === "failed") ? new Date().toISOString() : null;
