/** The photo that an address names: of this visit, or of the service. */

import { badge } from "../../badge.js";
import { ApiError } from "../../http.js";
import { h, on } from "../../dom.js";
import { listed } from "../../library.js";
import { errorText, t } from "../../strings.js";

const RESULT_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const HASH_DIGITS = 8;

/**
 * @param {string} id Of an item or of a result.
 * @param {import("../../main.js").Context} context
 * @param {AbortSignal} signal
 * @returns {Promise<{item: import("../../library.js").Item, result: Object<string, any>|null}>}
 *   `result` is null where the photo is not analysed yet.
 */
export async function findPhoto(id, { api, library, memory }, signal) {
  const known = library.get(id);
  if (known && !known.result) return { item: known, result: null };
  const resultId = known?.result.id ?? id;
  // What was added before a reload had a name of this page, which nobody knows any more.
  if (!RESULT_ID.test(resultId)) throw new ApiError({ code: "result_unknown" });
  const result = await api.get(`/results/${resultId}`, { signal });
  if (known) return { item: known, result };
  const names = await memory.of([result.image_hash]);
  // Looking a name up cannot be called off; who left in between is left alone.
  signal.throwIfAborted();
  // A list may have brought it in the meantime.
  const item = library.get(result.id) ?? library.add([listed(result, names)])[0];
  return { item, result };
}

/** @param {import("../../library.js").Item} item @returns {string} What people call it, or its hash. */
export function nameOf(item) {
  if (item.name) return item.name;
  const hash = item.result?.image_hash.slice(0, HASH_DIGITS);
  return hash ? t("photo.unnamed_hash", { hash }) : t("photo.unnamed");
}

/**
 * What is shown of a photo that waits, runs or failed.
 *
 * @param {import("../../library.js").Item} item
 * @param {import("../../main.js").Context} context
 * @param {AbortSignal} signal
 * @param {() => void} onDone Once there is a result.
 * @returns {Node[]}
 */
export function unfinished(item, { library }, signal, onDone) {
  const waiting = new AbortController();
  signal.addEventListener("abort", () => waiting.abort());
  const { state } = item;
  on(
    library,
    "changed",
    ({ detail }) => {
      if (detail !== item || item.state === state) return;
      if (!item.result && item.state !== "failed") return;
      // Once: all that changes later, such as a thumbnail, is no news here.
      waiting.abort();
      onDone();
    },
    waiting.signal,
  );
  if (item.state !== "failed")
    return [h("p", { role: "status" }, t("photo.unfinished")), toQueue()];
  return [h("p", null, badge("failed")), h("p", null, errorText(item.error)), toQueue()];
}

/**
 * @param {Error} problem
 * @returns {HTMLElement} What to say about it; what is no answer of the service is thrown again.
 */
export function troubled(problem) {
  if (!(problem instanceof ApiError)) throw problem;
  return h("p.trouble", { role: "alert" }, errorText(problem));
}

const toQueue = () => h("p", null, h("a", { href: "#/" }, t("photo.to_queue")));
