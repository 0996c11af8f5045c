/** Photos that look alike, found a little at a time, so that nothing else has to wait.
 *
 * Two photos look alike by the bounds that the service itself uses: PDQ hashes at most 31 of 256
 * bits apart, both of quality 50 or better. A group is what hangs together by such pairs.
 */

/** Most bits in which the hashes of photos that look alike differ. */
export const MAX_DISTANCE_BITS = 31;
/** Least quality of a hash; below, there is too little in the picture to tell it from others. */
export const MIN_QUALITY = 50;

const WORDS = 8;
const FIRST_CAPACITY = 256;
// Of one go, half of what a frame has: the other half is for drawing.
const BUDGET_MS = 8;

/** Grows with the photos that it is given, and never forgets one but by `clear`. */
export class Alike {
  #words = new Int32Array(FIRST_CAPACITY * WORDS);
  #count = 0;
  #at = new Map();
  #parents = [];
  #sizes = [];

  /**
   * Compare photos with all that came before; those that were given before cost nothing.
   *
   * @param {Iterable<import("../../library.js").Item>} items
   * @param {AbortSignal} signal
   * @returns {Promise<boolean>} Whether any of them looks like another one.
   */
  async take(items, signal) {
    let found = false;
    let begun = performance.now();
    for (const item of items) {
      if (!this.#isNew(item)) continue;
      found = this.#compare(this.#add(item)) || found;
      if (performance.now() - begun < BUDGET_MS) continue;
      await new Promise((resolve) => setTimeout(resolve));
      if (signal.aborted) break;
      begun = performance.now();
    }
    return found;
  }

  /**
   * @param {import("../../library.js").Item} item
   * @returns {number|null} The same number for photos that look alike; null for others.
   */
  groupOf(item) {
    const at = this.#at.get(item.id);
    if (at === undefined) return null;
    const root = this.#root(at);
    return this.#sizes[root] > 1 ? root : null;
  }

  /** Forget everything. */
  clear() {
    this.#count = 0;
    this.#at.clear();
    this.#parents = [];
    this.#sizes = [];
  }

  #isNew({ id, result }) {
    return result?.perceptual_hash && result.perceptual_quality >= MIN_QUALITY && !this.#at.has(id);
  }

  #add(item) {
    const at = this.#count;
    if ((at + 1) * WORDS > this.#words.length) {
      const larger = new Int32Array(this.#words.length * 2);
      larger.set(this.#words);
      this.#words = larger;
    }
    const hash = item.result.perceptual_hash;
    for (let word = 0; word < WORDS; word += 1) {
      this.#words[at * WORDS + word] = Number.parseInt(hash.slice(word * 8, word * 8 + 8), 16);
    }
    this.#at.set(item.id, at);
    this.#parents.push(at);
    this.#sizes.push(1);
    this.#count += 1;
    return at;
  }

  #compare(at) {
    const words = this.#words;
    const mine = at * WORDS;
    let found = false;
    for (let other = 0; other < at; other += 1) {
      const theirs = other * WORDS;
      let distance = 0;
      // Hashes of pictures that have nothing in common are too far apart after two words.
      for (let word = 0; word < WORDS && distance <= MAX_DISTANCE_BITS; word += 1) {
        distance += bits(words[mine + word] ^ words[theirs + word]);
      }
      if (distance <= MAX_DISTANCE_BITS) {
        this.#join(at, other);
        found = true;
      }
    }
    return found;
  }

  #join(one, other) {
    const a = this.#root(one);
    const b = this.#root(other);
    if (a === b) return;
    // The oldest names the group, so that a group that is open stays so.
    const [root, child] = a < b ? [a, b] : [b, a];
    this.#parents[child] = root;
    this.#sizes[root] += this.#sizes[child];
  }

  #root(at) {
    let root = at;
    while (this.#parents[root] !== root) root = this.#parents[root];
    // Every step of the way leads there at once the next time.
    for (let step = at; step !== root; ) {
      const next = this.#parents[step];
      this.#parents[step] = root;
      step = next;
    }
    return root;
  }
}

/** How many bits of a word are set. */
function bits(word) {
  let n = word - ((word >>> 1) & 0x55555555);
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333);
  return Math.imul((n + (n >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
