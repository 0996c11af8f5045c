/** Photos as rows of a file: the columns that the service's own exports have. No page in here. */

import { shownLabel } from "./labels.js";

const VERDICT = [
  "image_hash",
  "is_studio",
  "confidence",
  "label",
  "phase",
  "lighting_confidence",
  "model",
  "variant",
  "perceptual_hash",
  "processing_time_ms",
  "created_at",
];

/** What a spreadsheet would run: the same that the command line defuses. */
const FORMULA = /^(?:[\t\r\n]|[\s\0\x85\u200b-\u200f\u2060]*[=+\-@\uff1d\uff0b\uff0d\uff20])/;

/**
 * @param {import("../../library.js").Item} item
 * @param {import("./labels.js").Thresholds|null} thresholds
 * @returns {Object<string, string|number|boolean|null>} `shown_label` is what the gallery calls
 *   it, `label` what the service does.
 */
export function rowOf(item, thresholds) {
  return {
    name: item.name ? (item.path ? `${item.path}/${item.name}` : item.name) : null,
    state: item.state,
    result_id: item.result?.id ?? null,
    ...Object.fromEntries(VERDICT.map((key) => [key, item.result?.[key] ?? null])),
    shown_label: item.result ? shownLabel(item, thresholds) : null,
    error_code: item.error?.code ?? null,
    error_message: item.error?.detail || null,
  };
}

/**
 * @param {Object<string, any>[]} rows At least one.
 * @returns {string} RFC 4180.
 */
export function csvOf(rows) {
  const names = Object.keys(rows[0]);
  const lines = rows.map((row) => names.map((name) => cellOf(row[name])).join(","));
  return `${names.join(",")}\r\n${lines.map((line) => `${line}\r\n`).join("")}`;
}

/**
 * @param {Object<string, any>[]} rows
 * @returns {string} A line of JSON each.
 */
export const jsonlOf = (rows) => rows.map((row) => `${JSON.stringify(row)}\n`).join("");

function cellOf(value) {
  if (value === null) return "";
  if (typeof value !== "string") return String(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
