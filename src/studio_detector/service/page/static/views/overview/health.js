/** How the service is, in one line. */

import { h, replace } from "../../dom.js";
import { isAbort } from "../../http.js";
import { icon } from "../../icons.js";
import { t } from "../../strings.js";

/**
 * @param {{get: Function}} api
 * @param {AbortSignal} signal
 * @returns {{element: HTMLElement, load: () => Promise<void>}}
 */
export function createHealth(api, signal) {
  const element = h("p.health", { role: "status" }, t("overview.asking"));

  async function load() {
    const [ready, queues, version] = await Promise.all([
      readiness(signal),
      api.get("/queues", { signal }),
      api.get("/version", { signal }),
    ]);
    const running = queues.queues.reduce((sum, queue) => sum + queue.running, 0);
    const waiting = queues.queues.reduce((sum, queue) => sum + queue.queued, 0);
    const waitS = Math.max(0, ...queues.queues.map((queue) => queue.oldest_wait_s));
    element.dataset.state = ready.status === "ok" ? "ok" : "bad";
    replace(
      element,
      icon(ready.status === "ok" ? "check" : "failed"),
      h("strong", null, wordsOf(ready)),
      h("span", null, t("overview.running", { n: running })),
      h("span", null, t("overview.waiting", { n: waiting })),
      waiting > 0 && h("span", null, t("overview.oldest", { seconds: Math.ceil(waitS) })),
      h("span.soft", null, t("overview.version", { version: version.version })),
    );
  }
  return { element, load };
}

function wordsOf({ status, parts = {} }) {
  if (status === "ok" || status === "draining" || status === "away") return t(`overview.status.${status}`);
  const away = Object.keys(parts).filter((name) => parts[name] !== "ok");
  return t("overview.status.unavailable", { parts: away.join(", ") });
}

/** Not by `api`, which lies elsewhere: it answers without a key, and says 503 in its own words. */
async function readiness(signal) {
  try {
    return await (await fetch("/readyz", { cache: "no-store", signal })).json();
  } catch (error) {
    if (isAbort(error)) throw error;
    return { status: "away" };
  }
}
