/** Every word that people see, in British English; the words themselves lie in `words/`. */

import { ERRORS } from "./words/errors.js";
import { COMPARE } from "./words/compare.js";
import { DROP } from "./words/drop.js";
import { GALLERY } from "./words/gallery.js";
import { OVERVIEW } from "./words/overview.js";
import { PHOTO } from "./words/photo.js";
import { SHELL } from "./words/shell.js";

/** Key -> text, or forms by number: `{ one: "...", other: "..." }`, chosen by the value `n`. */
const WORDS = { ...SHELL, ...DROP, ...GALLERY, ...PHOTO, ...COMPARE, ...OVERVIEW };

const PLURALS = new Intl.PluralRules("en-GB");
const NUMBERS = new Intl.NumberFormat("en-GB");

/**
 * The text of a key.
 *
 * @param {string} key Such as "drop.title".
 * @param {Object<string, string|number>} [values] What stands for `{name}` in it; numbers are
 *   written with separators. `n` chooses between one and many.
 * @returns {string}
 */
export function t(key, values = {}) {
  const word = WORDS[key];
  if (word === undefined) throw new Error(`there are no words for ${key}`);
  const text = typeof word === "string" ? word : (word[PLURALS.select(values.n)] ?? word.other);
  return text.replace(/\{(\w+)\}/g, (whole, name) => {
    const value = values[name];
    return typeof value === "number" ? NUMBERS.format(value) : (value ?? whole);
  });
}

/**
 * What to say about an error: what happened, and the next step.
 *
 * @param {{code?: string, detail?: string}} error An `ApiError`, or the error of a job.
 * @returns {{what: string, next: string}}
 */
export function errorWords(error) {
  return ERRORS[error.code] ?? ERRORS.internal;
}

/**
 * The same in one line.
 *
 * @param {{code?: string, detail?: string}} error
 * @returns {string}
 */
export function errorText(error) {
  const { what, next } = errorWords(error);
  return `${what} ${next}`;
}
