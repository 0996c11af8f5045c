/** How fast photos get done, by those of the last half minute. */

const WINDOW_MS = 30_000;
// Before, a single photo would make it jump.
const LEAST_MS = 1_500;

/** Begins anew with each run. */
export class Pace {
  #marks = [];

  /** @param {number} over Photos that are over when it begins, or goes on after a pause. */
  begin(over) {
    this.#marks = [{ at: performance.now(), over }];
  }

  /**
   * @param {number} over Photos that are over now.
   * @returns {number} Photos a second; 0 while that cannot be told.
   */
  rate(over) {
    const now = performance.now();
    const last = this.#marks.at(-1);
    if (!last || over < last.over) this.begin(over);
    else if (over > last.over) this.#marks.push({ at: now, over });
    while (this.#marks.length > 2 && now - this.#marks[1].at > WINDOW_MS) this.#marks.shift();
    const first = this.#marks[0];
    const spent = now - first.at;
    return spent < LEAST_MS || over - first.over < 2 ? 0 : (1000 * (over - first.over)) / spent;
  }
}
