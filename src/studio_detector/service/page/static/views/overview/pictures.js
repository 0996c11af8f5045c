/** Small pictures of results that may be known to this browser, as links to their photos. */

import { h } from "../../dom.js";
import { icon } from "../../icons.js";
import { t } from "../../strings.js";
import { nameOf } from "../photo/finding.js";

/**
 * @param {import("../../main.js").Context} context
 * @param {AbortSignal} signal
 * @returns {(one: {result_id: string, image_hash: string}) => HTMLElement}
 */
export function createPictures({ library, memory, thumbnails }, signal) {
  const urls = [];
  signal.addEventListener("abort", () => urls.forEach((url) => URL.revokeObjectURL(url)));

  async function urlOf(item, hash) {
    if (item) return thumbnails.of(item);
    const kept = await memory.thumbnail(hash);
    if (!kept || signal.aborted) return null;
    urls.push(URL.createObjectURL(kept));
    return urls.at(-1);
  }

  return ({ result_id: id, image_hash: hash }) => {
    const item = library.get(id);
    const image = h("span.said-image", null, icon("image"));
    const name = h("span.said-name", null, item ? nameOf(item) : t("photo.unnamed_hash", { hash: hash.slice(0, 8) }));
    if (!item) memory.of([hash]).then((names) => names.has(hash) && name.replaceChildren(names.get(hash)));
    urlOf(item, hash).then((src) => src && image.replaceChildren(h("img", { src, alt: "", decoding: "async" })));
    return h("a.said-photo", { href: `#/photo/${id}` }, image, name);
  };
}
