/** Numbers and moments as people in Britain write them. */

const LOCALE = "en-GB";
const UNITS = ["bytes", "kB", "MB", "GB", "TB"];
const COUNT = new Intl.NumberFormat(LOCALE);
const PERCENT = new Intl.NumberFormat(LOCALE, { style: "percent", maximumFractionDigits: 0 });
const ONE_DECIMAL = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 1 });
const MOMENT = new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium", timeStyle: "short" });
const DAY = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "short" });

/** @param {number} n @returns {string} "12,345" */
export const count = (n) => COUNT.format(n);

/** @param {number} share 0..1 @returns {string} "93%" */
export const percent = (share) => PERCENT.format(share);

/** @param {number} n @returns {string} "1.8" */
export const decimal = (n) => ONE_DECIMAL.format(n);

/** @param {string|Date} moment @returns {string} "3 Mar 2026, 14:05" */
export const moment = (moment) => MOMENT.format(new Date(moment));

/** @param {string|Date} moment @returns {string} "3 Mar" */
export const day = (moment) => DAY.format(new Date(moment));

/**
 * A size, in steps of 1,024 as systems show it.
 *
 * @param {number} size Bytes.
 * @returns {string} "3.4 MB"
 */
export function bytes(size) {
  let value = size;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const text = value < 10 && unit > 1 ? ONE_DECIMAL.format(value) : COUNT.format(Math.round(value));
  return `${text}\u00a0${UNITS[unit]}`;
}

/**
 * How sure a verdict is: the share that speaks for the label, or the place between both.
 *
 * @param {{label: string, confidence: number}} result
 * @returns {number} 0..1
 */
export function certainty(result) {
  return result.label === "natural" ? 1 - result.confidence : result.confidence;
}
