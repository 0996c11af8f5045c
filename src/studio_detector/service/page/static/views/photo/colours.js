/** Colours as the analyses measure them (`studio_detector/planes/colour.py`). Pure arithmetic. */

// White of D65 and the matrix of sRGB, to the digits that OpenCV has them.
const WHITE = [0.950456, 1, 1.088754];
const TO_XYZ = [
  [0.412453, 0.35758, 0.180423],
  [0.212671, 0.71516, 0.072169],
  [0.019334, 0.119193, 0.950227],
];
const EPSILON = 216 / 24389;
const KAPPA = 24389 / 27;
// Below it, as of grey that was rounded to whole levels, a hue would be chance.
const GREY_CHROMA = 1;

/**
 * @typedef {Object} Colour
 * @property {number[]} rgb sRGB, 0..255 each.
 * @property {number} luma Y' of Rec. 601, 0..255.
 * @property {number} lightness CIE L*, 0..100.
 * @property {number} a CIE a*: above 0 red, below 0 green.
 * @property {number} b CIE b*: above 0 yellow, below 0 blue.
 * @property {number} chroma CIE C*ab.
 * @property {number|null} hue Degrees, 0..360; null for grey, which has none.
 */

/**
 * @param {ArrayLike<number>} rgb sRGB, 0..255 each; what comes behind is left alone.
 * @returns {Colour}
 */
export function colourOf([red, green, blue]) {
  const [x, y, z] = xyz([red, green, blue].map(linear)).map((value, at) => cube(value / WHITE[at]));
  const a = 500 * (x - y);
  const b = 200 * (y - z);
  const chroma = Math.hypot(a, b);
  const turn = (Math.atan2(b, a) * 180) / Math.PI;
  return {
    rgb: [red, green, blue],
    luma: 0.299 * red + 0.587 * green + 0.114 * blue,
    lightness: 116 * y - 16,
    a,
    b,
    chroma,
    hue: chroma < GREY_CHROMA ? null : (turn + 360) % 360,
  };
}

function linear(level) {
  const share = level / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
}

const xyz = (rgb) =>
  TO_XYZ.map((row) => row.reduce((sum, weight, at) => sum + weight * rgb[at], 0));

const cube = (share) => (share > EPSILON ? Math.cbrt(share) : (KAPPA * share + 16) / 116);
