/** Fetching what the service has, page by page, and a line that says how far it is. */

import { h, replace } from "../../dom.js";
import { ApiError, isAbort } from "../../http.js";
import { errorText, t } from "../../strings.js";

// Beyond it, somebody asks for more: each page of the list costs the service a little.
const MOST_AT_FIRST = 2_000;
const MORE = 2_000;

/**
 * @param {import("../../main.js").Context} context
 * @param {{onDone: () => void, signal: AbortSignal}} parts `onDone` once no more comes.
 * @returns {{element: HTMLElement, isBusy: () => boolean}}
 */
export function createListing({ api, library }, { onDone, signal }) {
  const element = h("div.gallery-listing", { hidden: true });
  const hasListed = library.hasListed;
  let isBusy = false;

  const say = (...parts) => {
    element.hidden = parts.length === 0;
    replace(element, ...parts);
  };
  const button = (words, most) =>
    h("button", { type: "button", onclick: () => load(most) }, words);

  async function load(most) {
    isBusy = true;
    if (most) say(h("p.soft", null, t("gallery.loading")));
    try {
      if (hasListed) await library.loadNewer(api, { signal });
      await library.load(api, { signal, most });
      isBusy = false;
      if (library.isWhole) say();
      else say(h("p.soft", null, t("gallery.more")), button(t("gallery.load_more"), MORE));
    } catch (error) {
      isBusy = false;
      if (isAbort(error)) return;
      if (!(error instanceof ApiError)) throw error;
      say(h("p", null, errorText(error)), button(t("gallery.try_again"), most));
    } finally {
      if (!signal.aborted) onDone();
    }
  }
  // Who comes back sees what is new; more of what is old comes when it is asked for.
  load(hasListed ? 0 : MOST_AT_FIRST);
  return { element, isBusy: () => isBusy };
}
