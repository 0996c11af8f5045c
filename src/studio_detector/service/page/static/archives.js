/** Archives: sent whole, followed while their photos are analysed, and taken apart at the end. */

import { followLines } from "./events.js";
import { verdictOf } from "./library.js";

/**
 * @param {{api: Object, library: import("./library.js").Library,
 *   item: import("./library.js").Item, key: string, signal: AbortSignal,
 *   onProgress: (share: number) => void}} parts
 */
export async function sendArchive({ api, library, item, key, signal, onProgress }) {
  const answer = await api.upload("/batches", item.file, {
    headers: { "Content-Type": "application/octet-stream", "Idempotency-Key": key },
    signal,
    onProgress,
  });
  const batch = await answer.json();
  const show = (now) => {
    const counts = countsOf(now);
    const progress = counts.total ? (counts.done + counts.failed) / counts.total : 1;
    library.change(item, { state: "analysing", batchId: now.id, counts, progress });
  };
  show(batch);
  await api.events(`/batches/${batch.id}/events`, { signal }, (type, now) => {
    if (type !== "batch") return false;
    show(now);
    return now.finished_at !== null;
  });
  library.add(await members(api, item, batch.id, signal));
  library.change(item, { state: "done", progress: 1 });
}

function countsOf({ total, counts }) {
  const failed = (counts.dead ?? 0) + (counts.cancelled ?? 0);
  return { total, done: counts.done ?? 0, failed };
}

async function members(api, item, batchId, signal) {
  const drafts = [];
  const query = { format: "jsonl" };
  const rows = await api.send("GET", `/batches/${batchId}/results`, { query, signal });
  await followLines(rows.body, (line) => {
    const { name, job_id, state, result, error } = JSON.parse(line);
    drafts.push({
      kind: "member",
      name: name ?? "",
      path: item.name,
      batchId,
      jobId: job_id,
      state: result ? "done" : "failed",
      progress: 1,
      result: result ? verdictOf(result) : null,
      error: result ? null : failureOf(state, error),
    });
  });
  return drafts;
}

function failureOf(state, error) {
  if (error) return { code: error.code, detail: error.message };
  return { code: state === "cancelled" ? "cancelled" : "result_unknown", detail: "" };
}
