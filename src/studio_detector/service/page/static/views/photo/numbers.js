/** Numbers of the evidence: log-odds with their sign, and what they speak for. */

import { h } from "../../dom.js";

const TWO = new Intl.NumberFormat("en-GB", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const SEEN = 0.005;

/**
 * @param {number} odds
 * @returns {HTMLElement} Rounded for people; whole for whoever reads the page with a program.
 */
export const logOdds = (odds) =>
  h("data", { value: String(odds), class: toneOf(odds) }, signed(odds));

/** @param {number} number @returns {string} "+1.25", "−0.30", "0.00" */
export function signed(number) {
  if (Math.abs(number) < SEEN) return TWO.format(0);
  return `${number > 0 ? "+" : "\u2212"}${TWO.format(Math.abs(number))}`;
}

/** @param {number} share 0..1 @returns {string} "0.97" */
export const twoDecimals = (share) => TWO.format(share);

/** @param {number} odds @returns {"studio"|"natural"|"even"} What log-odds speak for. */
export const toneOf = (odds) => (odds > 0 ? "studio" : odds < 0 ? "natural" : "even");

const PERCENT = new Intl.NumberFormat("en-GB", {
  style: "percent",
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});

/** @param {number} share 0..1 @returns {string} "97.3%" */
export const percentage = (share) => PERCENT.format(share);

/** @param {string} words @returns {string} As a line begins. */
export const capital = (words) => words.charAt(0).toUpperCase() + words.slice(1);

const RAISED = { "-": "\u207b", 0: "\u2070", 1: "\u00b9", 2: "\u00b2", 3: "\u00b3" };
const raised = (digit) => RAISED[digit] ?? String.fromCharCode(0x2070 + Number(digit));

/**
 * @param {string} text A value as the service words it: "8.14e-05", "-1.44 log-odds".
 * @returns {string} As people write it: "8.14 × 10⁻⁵", "−1.44 log-odds".
 */
export const valueWords = (text) =>
  text
    .replace(/(\d)e([+-])0*(\d+)/g, (_, digit, sign, power) => {
      const over = `${sign === "-" ? "-" : ""}${power}`;
      return `${digit}\u00a0\u00d7\u00a010${[...over].map(raised).join("")}`;
    })
    .replace(/(^|\s)-(?=\d)/g, "$1\u2212");
