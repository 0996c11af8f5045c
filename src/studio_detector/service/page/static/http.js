/** What every request needs: its errors, its address, and patience that can be called off. */

const PREFIX = "/api/v1";

/** What the service, or the way there, refused. */
export class ApiError extends Error {
  /**
   * @param {{status?: number, code?: string, detail?: string, retryAfter?: number|null,
   *   isOffline?: boolean, jobId?: string|null}} facts
   */
  constructor({ status = 0, code = "internal", detail = "", retryAfter = null, ...more }) {
    super(detail || code);
    this.status = status;
    this.code = code;
    this.detail = detail;
    this.retryAfter = retryAfter;
    this.isOffline = more.isOffline ?? false;
    this.jobId = more.jobId ?? null;
  }
}

/** @param {unknown} error @returns {boolean} Whether somebody called it off themselves. */
export const isAbort = (error) => error instanceof DOMException && error.name === "AbortError";

/** @param {string} path Below the API. @param {Object} [query] @returns {string} */
export function address(path, query) {
  const words = new URLSearchParams(query ?? {}).toString();
  return `${PREFIX}${path}${words ? `?${words}` : ""}`;
}

/** @returns {Promise<boolean>} Whether the service answers at all. */
export async function isAlive() {
  try {
    return (await fetch("/livez", { cache: "no-store" })).ok;
  } catch {
    return false;
  }
}

/** Whether a proxy answers in place of the service, which says what is wrong in its own form. */
export const isGateway = (answer) =>
  [502, 503, 504].includes(answer.status) &&
  !(answer.headers.get("content-type") ?? "").startsWith("application/problem+json");

/** A file that was moved or changed since it was chosen fails like a broken line. */
export async function checkReadable(body) {
  if (!(body instanceof Blob)) return;
  try {
    await body.slice(0, 1).arrayBuffer();
  } catch {
    throw new ApiError({ code: "read_failed" });
  }
}

/** @param {Response} answer One that is not well. @returns {Promise<ApiError>} */
export async function problemOf(answer) {
  let said = {};
  try {
    said = await answer.json();
  } catch {
    // Not one of ours.
  }
  const after = Number(answer.headers.get("retry-after"));
  return new ApiError({
    status: answer.status,
    code: said.code,
    detail: said.detail,
    retryAfter: after > 0 ? after : null,
    jobId: said.job_id,
  });
}

/** @param {Error} error @returns {ApiError} */
export const unreachable = (error) =>
  new ApiError({ code: "service_unreachable", detail: String(error), isOffline: true });

/** @param {number} seconds @param {AbortSignal} [signal] @returns {Promise<void>} */
export const pause = (seconds, signal) =>
  until(new Promise((resolve) => setTimeout(resolve, seconds * 1000)), signal);

/** A promise, or the end of patience. */
export function until(promise, signal) {
  if (!signal) return promise;
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const give = () => reject(new DOMException("called off", "AbortError"));
    signal.addEventListener("abort", give, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", give));
  });
}
