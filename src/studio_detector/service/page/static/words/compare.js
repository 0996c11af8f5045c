/** Words of the view `compare`. */

export const COMPARE = {
  "compare.title": "Compare",
  "compare.heading": "{a} and {b}",
  "compare.choose": "Compare with",
  "compare.swap": "Swap sides",
  "compare.key.swap": "Swap sides",
  "compare.side": "Photo {letter}: {name}",
  "compare.apart": "What sets them apart",
  "compare.lead": "The largest difference in evidence first. To the right of the middle it makes B look more like studio light than A, to the left more like natural light.",
  "compare.heads": "One verdict rests on lighting alone, the other on details too; a measurement that only one of them reads adds nothing to the other.",
  "compare.models": "The verdicts come from different models, so their evidence is not on one scale.",
  "compare.adds": "B less A",
  "compare.intercept": "Before anything is measured",
  "compare.sum": "Sum",
  "compare.more": { one: "{n} smaller difference", other: "{n} smaller differences" },
  "compare.fall": "Evidence of {letter}",
  "compare.why": "Why: both on one scale",
};
