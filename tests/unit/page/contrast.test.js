// The contrast of text colours on every ground, in both themes and with more contrast.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const CSS = readFileSync(new URL("../../../web/styles/tokens.css", import.meta.url), "utf8");
const [NORMAL, MORE] = CSS.split("prefers-contrast: more");
const GROUNDS = ["ground", "wall", "brick", "well", "raised"];
const INKS = ["ink", "ink-2", "ink-3", "good", "warn", "bad"];

/** The colours of a token in the light and the dark theme, as [lightness, chroma, hue]. */
function colours(css, name) {
  const value = new RegExp(`--${name}: light-dark\\((oklch\\([^)]*\\)), (oklch\\([^)]*\\))\\)`).exec(css);
  return value?.slice(1).map((text) => text.match(/[\d.]+/g).map(Number));
}

/** The relative luminance of an OKLCH colour, by the definition of WCAG. */
function luminance([percent, chroma, hue]) {
  const [a, b] = [chroma * Math.cos((hue * Math.PI) / 180), chroma * Math.sin((hue * Math.PI) / 180)];
  const lightness = percent / 100;
  const long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const short = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const red = 4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short;
  const green = -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short;
  const blue = -0.0041960863 * long - 0.7034186147 * medium + 1.707614701 * short;
  const [r, g, bl] = [red, green, blue].map((part) => Math.min(1, Math.max(0, part)));
  return 0.2126 * r + 0.7152 * g + 0.0722 * bl;
}

function contrast(one, other) {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

for (const [setting, css, least] of [["normal", NORMAL, 4.5], ["more", MORE, 7]]) {
  test(`text is legible on every ground, contrast: ${setting}`, () => {
    const token = (name) => colours(css, name) ?? colours(NORMAL, name);
    for (const theme of [0, 1]) {
      for (const ground of GROUNDS) {
        for (const ink of INKS) {
          const ratio = contrast(token(ink)[theme], token(ground)[theme]);
          assert.ok(ratio >= least, `${ink} on ${ground}, ${["light", "dark"][theme]}: ${ratio.toFixed(2)}`);
        }
      }
    }
  });
}

test("a warning differs from a failure by its hue, in both themes", () => {
  for (const theme of [0, 1]) assert.ok(Math.abs(colours(NORMAL, "warn")[theme][2] - colours(NORMAL, "bad")[theme][2]) > 30);
});
