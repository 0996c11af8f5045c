/** Having the service stop what was called off here, where it has begun. */

import { ApiError } from "./http.js";

// So long, it is asked to.
const PATIENCE_MS = 60_000;
const PAGE = 500;

/**
 * It may be done already, or not be allowed: then nothing is said.
 *
 * @param {Object} api
 * @param {{jobId: string|null, batchId: string|null}} item
 * @param {string|null} key Of whoever added it.
 */
export async function callOff(api, { jobId, batchId }, key) {
  const options = { key, signal: AbortSignal.timeout(PATIENCE_MS) };
  // What came to its end in between is kept: it was asked for, and it is done.
  const stop = (id) => api.delete(`/jobs/${id}`, { query: { erase: false }, ...options });
  try {
    if (jobId) await stop(jobId);
    if (!batchId) return;
    const query = { batch_id: batchId, state: "queued", limit: PAGE };
    let waiting;
    do {
      waiting = await api.get("/jobs", { query, ...options });
      for (const job of waiting.items) await stop(job.id);
    } while (waiting.cursor !== null);
  } catch (error) {
    if (!(error instanceof ApiError || error instanceof DOMException)) throw error;
  }
}
