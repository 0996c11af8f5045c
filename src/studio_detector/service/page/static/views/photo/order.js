/** Which photo comes before and after another one: in the order that the gallery shows. */

import { arrange } from "../gallery/arrange.js";

// Under which name the gallery keeps what was wished there.
const GALLERY = "gallery";
const USUAL = { filter: "all", order: "newest", search: "", thresholds: null };

/**
 * @param {import("../../library.js").Item} item
 * @param {import("../../main.js").Context} context
 * @returns {{before: import("../../library.js").Item|null,
 *   after: import("../../library.js").Item|null, at: number, n: number}} `at` counts from 1; 0
 *   where the gallery does not show the photo.
 */
export function neighbours(item, context) {
  const photos = photosInOrder(context);
  const at = placeOf(item, photos);
  return {
    before: at > 0 ? photos[at - 1] : null,
    after: at >= 0 && at < photos.length - 1 ? photos[at + 1] : null,
    at: at + 1,
    n: photos.length,
  };
}

/**
 * @param {import("../../main.js").Context} context
 * @returns {import("../../library.js").Item[]} Those with a result; of a file that was added twice,
 *   the first, since both have one address.
 */
export function photosInOrder({ library, drafts }) {
  const photos = library.photos.filter((item) => item.result);
  const seen = new Set();
  return arrange(photos, drafts.get(GALLERY) ?? USUAL).filter(({ result }) => {
    const isFirst = !seen.has(result.id);
    seen.add(result.id);
    return isFirst;
  });
}

/**
 * @param {import("../../library.js").Item} item
 * @param {import("../../library.js").Item[]} photos As `photosInOrder` gives them.
 * @returns {number} -1 where it is not among them.
 */
export const placeOf = (item, photos) =>
  photos.findIndex(({ result }) => result.id === item.result?.id);

/**
 * Let the gallery go on where somebody leafed to.
 *
 * @param {import("../../library.js").Item} item
 * @param {import("../../main.js").Context} context
 */
export function leaveMark(item, { drafts }) {
  const wishes = drafts.get(GALLERY);
  if (wishes) wishes.opened = item.id;
}

/** @param {import("../../library.js").Item} item @returns {string} One that a reload still knows. */
export const photoHref = (item) => `#/photo/${item.result?.id ?? item.id}`;
