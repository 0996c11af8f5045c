/** Talking to the service: waits where it is busy or away, asks for a key where it must. */

import { followEvents } from "./events.js";
import {
  address,
  ApiError,
  checkReadable,
  isAlive,
  isGateway,
  pause,
  problemOf,
  unreachable,
  until,
} from "./http.js";
import { sendForm } from "./sending.js";

const WAIT_S = 20;
const LONGEST_PROBE_S = 15;
const LONGEST_PAUSE_S = 60;
const USUAL_PAUSE_S = 5;
const OVER = new Set(["done", "dead", "cancelled"]);
// A request that fails though the service answers others is not sent for ever.
const MOST_BROKEN = 3;

/**
 * @param {{session: import("./session.js").Session,
 *   signIn: (reason: "needed"|"refused") => Promise<boolean>}} parts
 */
export const createApi = (parts) => new Api(parts);

/**
 * Tells 'offline', 'online' and 'busy' (detail: {code, seconds}).
 *
 * Options of requests: `query` (object), `headers`, `signal`, and `patience`: how often a service
 * that is busy is asked again; it is waited for without end while it cannot be reached. A request
 * with a `key` of its own is no business of who is signed in now, who is not asked for another.
 */
class Api extends EventTarget {
  #session;
  #signIn;
  #signingIn = null;
  #probing = null;
  #wake = () => {};

  constructor({ session, signIn }) {
    super();
    this.#session = session;
    this.#signIn = signIn;
    window.addEventListener("online", () => this.#wake());
  }

  /** @returns {boolean} */
  get isOffline() {
    return this.#probing !== null;
  }

  /** Ask again now, instead of at the end of a pause. */
  tryNow() {
    this.#wake();
  }

  /** @param {string} path Below /api/v1. @param {Object} [options] @returns {Promise<any>} JSON. */
  async get(path, options = {}) {
    return (await this.send("GET", path, options)).json();
  }

  /**
   * @param {string} path
   * @param {Object|Blob|null} body An object becomes JSON, a Blob is sent as it is.
   * @param {Object} [options]
   * @returns {Promise<any>} JSON.
   */
  async post(path, body, options = {}) {
    return (await this.send("POST", path, { ...options, body })).json();
  }

  /** @param {string} path @param {Object} [options] */
  async delete(path, options = {}) {
    await this.send("DELETE", path, options);
  }

  /**
   * A file of the service: a picture, a page, an export.
   *
   * @param {string} path
   * @param {Object} [options] With `method` and `body`, where it is asked for with POST.
   * @returns {Promise<Blob>}
   */
  async blob(path, { method = "GET", ...options } = {}) {
    return (await this.send(method, path, options)).blob();
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {Object} [options]
   * @returns {Promise<Response>} One that is well.
   */
  async send(method, path, { query, headers = {}, body, signal, patience = 3, key } = {}) {
    const isPlain = body === undefined || body === null || body instanceof Blob;
    const sent = isPlain ? body : JSON.stringify(body);
    const kind = isPlain ? body?.type || null : "application/json";
    return this.#persist(
      (authorization) =>
        fetch(address(path, query), {
          method,
          body: sent,
          signal,
          headers: { ...authorization, ...(kind ? { "Content-Type": kind } : {}), ...headers },
          // Nothing of it may lie about: whoever comes next at this machine has another key.
          cache: "no-store",
        }),
      { signal, patience, body, own: key },
    );
  }

  /**
   * Send bytes and tell how far it is.
   *
   * @param {string} path
   * @param {Blob|string} body
   * @param {{query?: Object, headers?: Object, signal?: AbortSignal,
   *   onProgress?: (share: number) => void}} [options]
   * @returns {Promise<Response>}
   */
  async upload(path, body, { query, headers = {}, signal, onProgress = () => {} } = {}) {
    return this.#persist(
      (authorization) =>
        sendForm(address(path, query), body, {
          headers: { ...authorization, ...headers },
          signal,
          onProgress,
        }),
      { signal, patience: Infinity, body },
    );
  }

  /**
   * Have one picture analysed, and wait for it however long it takes.
   *
   * @param {Blob|{image_url: string}} source
   * @param {{key: string, signal?: AbortSignal, onProgress?: (share: number) => void,
   *   onJob?: (id: string) => void}} options `key` names the request: sent again, it is the same.
   * @returns {Promise<Object<string, any>>} The result, with `job_id` and `answer`.
   */
  async analyse(source, { key, signal, onProgress, onJob = () => {} }) {
    const isFile = source instanceof Blob;
    const kind = isFile && source.type.startsWith("image/") ? source.type : null;
    const answer = await this.upload("/analyse", isFile ? source : JSON.stringify(source), {
      headers: {
        "Content-Type": isFile ? (kind ?? "application/octet-stream") : "application/json",
        "Idempotency-Key": key,
      },
      signal,
      onProgress,
    });
    // Not waited for in the same request: the job's name is needed to call it off, and a photo
    // that cannot be analysed is a job that failed, and no request that did.
    return this.#finished(await answer.json(), signal, onJob);
  }

  /**
   * Follow server-sent events until they end; a lost connection is taken up again.
   *
   * @param {string} path
   * @param {{signal?: AbortSignal}} options
   * @param {(type: string, data: any) => boolean|void} onEvent True when it was the last.
   */
  async events(path, { signal }, onEvent) {
    const headers = { Accept: "text/event-stream" };
    for (;;) {
      const answer = await this.send("GET", path, { headers, signal, patience: Infinity });
      try {
        if (await followEvents(answer.body, onEvent)) return;
      } catch (error) {
        if (signal?.aborted || !(error instanceof TypeError)) throw error;
      }
      await pause(1, signal);
    }
  }

  async #finished(first, signal, onJob) {
    let job = first;
    onJob(job.id);
    const query = { wait: WAIT_S };
    do {
      job = await this.get(`/jobs/${job.id}`, { query, signal, patience: Infinity });
    } while (!OVER.has(job.state));
    if (job.result) return { ...job.result, job_id: job.id, answer: job.answer };
    const { code = job.state === "cancelled" ? "cancelled" : "result_unknown", message = "" } =
      job.error ?? {};
    throw new ApiError({ code, detail: message, jobId: job.id });
  }

  async #persist(send, { signal, patience, body, own }) {
    for (let asked = 0, broken = 0; ; ) {
      const key = own === undefined ? this.#session.key : own;
      let answer;
      try {
        answer = await send(key ? { Authorization: `Bearer ${key}` } : {});
        if (isGateway(answer)) throw new TypeError(`the way there answers ${answer.status}`);
      } catch (error) {
        if (signal?.aborted || !(error instanceof TypeError)) throw error;
        await checkReadable(body);
        broken += 1;
        if (broken > MOST_BROKEN) throw unreachable(error);
        if (!(await this.#reached(signal))) broken = 0;
        continue;
      }
      if (answer.ok) return answer;
      const problem = await problemOf(answer);
      if (problem.status === 401 && own === undefined) {
        await this.#ask(key, problem);
      } else if ((problem.status === 429 || problem.status === 503) && asked < patience) {
        asked += 1;
        await this.#rest(problem, signal);
      } else {
        throw problem;
      }
    }
  }

  async #ask(key, problem) {
    // Another request has had the answer in between.
    if (key !== this.#session.key) return;
    this.#signingIn ??= this.#signIn(key ? "refused" : "needed").finally(() => {
      this.#signingIn = null;
    });
    if (!(await this.#signingIn)) throw problem;
  }

  async #rest(problem, signal) {
    const seconds = Math.min(problem.retryAfter ?? USUAL_PAUSE_S, LONGEST_PAUSE_S);
    this.#tell("busy", { code: problem.code, seconds });
    // Not all at the same moment.
    await pause(seconds * (1 + Math.random() / 4), signal);
  }

  /** Wait until the service answers; true where it did at once. One asks for all who wait. */
  async #reached(signal) {
    this.#probing ??= this.#probe().finally(() => {
      this.#probing = null;
    });
    return until(this.#probing, signal);
  }

  async #probe() {
    if (await isAlive()) return true;
    this.#tell("offline");
    for (let seconds = 1; ; seconds = Math.min(seconds * 2, LONGEST_PROBE_S)) {
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, seconds * 1000);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      if (await isAlive()) break;
    }
    this.#tell("online");
    return false;
  }

  #tell(type, detail = null) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
