/** The queue: sends what was added, a few at a time, and knows how far it is. No page in here. */

import { ApiError, isAbort } from "./http.js";
import { sendArchive } from "./archives.js";
import { callOff } from "./calling_off.js";
import { verdictOf } from "./library.js";
import { checkPicture, refusal, requestKey } from "./outgoing.js";
import { Pace } from "./pace.js";

const AT_ONCE = 3;
const ACTIVE = new Set(["sending", "analysing"]);
const OVER = new Set(["done", "failed", "cancelled"]);
// Progress in smaller steps than anybody sees would only cost time.
const STEP = 0.02;

/**
 * @typedef {Object} Totals In photos; an archive counts as the photos in it, once they are known.
 * @property {number} total
 * @property {number} waiting
 * @property {number} active
 * @property {number} done
 * @property {number} failed
 * @property {number} cancelled
 * @property {number} rate Photos a second; 0 while it is not known.
 * @property {number|null} leftS Seconds; null while it is not known.
 * @property {boolean} isPaused
 * @property {boolean} isOffline
 * @property {"user"|"signin"|null} pausedBy
 */

/** Tells 'totals' when they may have changed, and 'idle' when nothing waits or runs any more. */
export class Queue extends EventTarget {
  #api;
  #library;
  #settings;
  #session;
  #items = new Set();
  #waiting = [];
  #running = new Map();
  #pausedBy = null;
  #pace = new Pace();

  /** @param {{api: Object, library: import("./library.js").Library,
   *   settings: import("./main.js").Settings, session: import("./session.js").Session}} parts */
  constructor({ api, library, settings, session }) {
    super();
    this.#api = api;
    this.#library = library;
    this.#settings = settings;
    this.#session = session;
    session.addEventListener("changed", () => {
      if (session.key && this.#pausedBy === "signin") this.resume();
    });
    api.addEventListener("offline", () => this.#hold());
    api.addEventListener("online", () => this.#pace.begin(this.#over()));
    library.addEventListener("removed", ({ detail: items }) => this.#drop(items));
  }

  /** @returns {import("./library.js").Item[]} What went through it, in order. */
  get items() {
    return [...this.#items];
  }

  /** @returns {boolean} Whether leaving the page would lose something. */
  get isBusy() {
    return this.#waiting.length > 0 || this.#running.size > 0;
  }

  /** @returns {Totals} */
  get totals() {
    const sums = { total: 0, waiting: 0, active: 0, done: 0, failed: 0, cancelled: 0 };
    for (const item of this.#items) {
      const photos = item.counts?.total ?? 1;
      sums.total += photos;
      if (item.counts) {
        sums.done += item.counts.done;
        sums.failed += item.counts.failed;
        const rest = photos - item.counts.done - item.counts.failed;
        sums[item.state === "cancelled" ? "cancelled" : "active"] += rest;
      } else {
        sums[ACTIVE.has(item.state) ? "active" : item.state] += photos;
      }
    }
    const over = sums.done + sums.failed;
    const rate = this.#pace.rate(over);
    const rest = sums.waiting + sums.active;
    return {
      ...sums,
      rate,
      leftS: rate > 0 ? rest / rate : null,
      isPaused: this.#pausedBy !== null,
      isOffline: this.#api.isOffline,
      pausedBy: this.#pausedBy,
    };
  }

  /**
   * Take in what was chosen; what is beyond the limits fails here, before anything is sent.
   *
   * @param {import("./files.js").Source[]} sources
   * @returns {import("./library.js").Item[]}
   */
  add(sources) {
    if (!this.isBusy) this.#pace.begin(this.#over());
    const items = this.#library.add(sources);
    for (const item of items) {
      this.#items.add(item);
      const error = refusal(item, this.#settings);
      if (error) this.#library.change(item, { state: "failed", error });
      else this.#waiting.push(item);
    }
    this.#tell();
    this.#fill();
    return items;
  }

  /** @param {import("./library.js").Item} item */
  cancel(item) {
    if (OVER.has(item.state)) return;
    this.#waiting = this.#waiting.filter((one) => one !== item);
    this.#running.get(item)?.abort();
    // By the key of now: who calls all off by signing out is not asked for another.
    callOff(this.#api, item, this.#session.key);
    this.#library.change(item, { state: "cancelled", progress: 0 });
    this.#tell();
  }

  /** Call off all that waits or runs. */
  cancelAll() {
    for (const item of [...this.#items]) this.cancel(item);
    this.#tell();
  }

  /** @param {import("./library.js").Item} item @returns {boolean} Whether it may do better. */
  canRetry(item) {
    const isOver = item.state === "failed" || item.state === "cancelled";
    return isOver && item.kind !== "member" && !refusal(item, this.#settings);
  }

  /** @param {import("./library.js").Item} item One that failed, or was called off. */
  retry(item) {
    if (!this.canRetry(item)) return;
    if (!this.isBusy) this.#pace.begin(this.#over());
    const fresh = { state: "waiting", progress: 0, error: null, counts: null };
    this.#library.change(item, { ...fresh, jobId: null, batchId: null });
    this.#waiting.push(item);
    this.#tell();
    this.#fill();
  }

  /** @returns {import("./library.js").Item[]} What failed, and may do better. */
  get hopeful() {
    return this.items.filter((item) => item.state === "failed" && this.canRetry(item));
  }

  /** Try all of them again. */
  retryFailed() {
    for (const item of this.hopeful) this.retry(item);
  }

  /** @param {"user"|"signin"} by What runs goes on; nothing new begins. */
  pause(by = "user") {
    this.#pausedBy = by;
    this.#tell();
  }

  /** Go on. */
  resume() {
    this.#pausedBy = null;
    this.#pace.begin(this.#over());
    this.#tell();
    this.#fill();
  }

  /** Take off the list what is over; photos stay in the gallery. */
  clearOver() {
    for (const item of [...this.#items]) {
      if (!OVER.has(item.state)) continue;
      this.#items.delete(item);
      if (item.state !== "done" || item.kind === "archive") this.#library.remove([item]);
    }
    this.#pace.begin(this.#over());
    this.#tell();
  }

  #over() {
    let over = 0;
    for (const item of this.#items) {
      if (item.counts) over += item.counts.done + item.counts.failed;
      else if (item.state === "done" || item.state === "failed") over += 1;
    }
    return over;
  }

  #fill() {
    while (!this.#pausedBy && this.#running.size < AT_ONCE && this.#waiting.length) {
      this.#run(this.#waiting.shift());
    }
  }

  async #run(item) {
    const control = new AbortController();
    this.#running.set(item, control);
    try {
      this.#library.change(item, { state: "sending", progress: 0, error: null });
      await this.#send(item, control.signal);
    } catch (error) {
      this.#fail(item, error);
    } finally {
      // Called off and tried again at once, it runs under another hand already.
      if (this.#running.get(item) === control) this.#running.delete(item);
      this.#tell();
      this.#fill();
      if (!this.isBusy) this.dispatchEvent(new Event("idle"));
    }
  }

  async #send(item, signal) {
    const options = {
      key: requestKey(),
      signal,
      onProgress: (share) => this.#progress(item, share),
    };
    if (item.kind === "archive") {
      await sendArchive({ api: this.#api, library: this.#library, item, ...options });
      return;
    }
    if (item.file) await checkPicture(item.file);
    const result = await this.#api.analyse(item.file ?? { image_url: item.url }, {
      ...options,
      onJob: (jobId) => this.#library.change(item, { jobId }),
    });
    signal.throwIfAborted();
    this.#library.change(item, {
      state: "done",
      progress: 1,
      jobId: result.job_id,
      result: verdictOf(result),
    });
  }

  #progress(item, share) {
    const state = share >= 1 ? "analysing" : "sending";
    if (state === item.state && share - item.progress < STEP) return;
    this.#library.change(item, { state, progress: share });
    this.#tell();
  }

  #fail(item, error) {
    if (item.state === "cancelled" || isAbort(error)) return;
    if (!(error instanceof ApiError)) {
      this.#library.change(item, { state: "failed", error: { code: "internal", detail: "" } });
      throw error;
    }
    if (error.status === 401) {
      // Nobody signed in: it waits until somebody does.
      this.#library.change(item, { state: "waiting", progress: 0 });
      this.#waiting.unshift(item);
      this.pause("signin");
      return;
    }
    const { code, detail } = error;
    this.#library.change(item, { state: "failed", error: { code, detail } });
  }

  /** What was on its way when the service went away waits to be sent again, by `api` itself. */
  #hold() {
    for (const item of this.#running.keys()) {
      if (item.state === "sending") this.#library.change(item, { state: "waiting", progress: 0 });
    }
    this.#tell();
  }

  #drop(items) {
    for (const item of items) {
      this.#items.delete(item);
      this.#running.get(item)?.abort();
    }
    this.#waiting = this.#waiting.filter((item) => this.#items.has(item));
    this.#tell();
  }

  #tell() {
    this.dispatchEvent(new Event("totals"));
  }
}
