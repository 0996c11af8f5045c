/** Why a result is what it is, as the service explains it. */

/**
 * @typedef {Object} Explained
 * @property {import("./waterfall.js").Waterfall} waterfall
 * @property {import("./flips.js").Flip|null} flip
 * @property {import("./flips.js").Flip|null} flip_of_cues
 * @property {{low: number, high: number, photographs: number, studio: number}|null} reliability
 * @property {string[]} cautions
 * @property {import("./cards.js").Card[]} cards
 */

/**
 * @param {{id: string}} result
 * @param {import("../../main.js").Context} context
 * @param {AbortSignal} signal
 * @returns {Promise<Explained>}
 */
export async function explained({ id }, { api }, signal) {
  return api.get(`/results/${id}/explanation`, { signal });
}
