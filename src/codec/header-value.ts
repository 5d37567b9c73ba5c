/** Values of response headers, for those who write heads and those who read them. */

/** Blanks at the edges. The lookbehind keeps it linear: without it, blanks inside of a value are tried from each on. */
const EDGES = /^[ \t]+|(?<![ \t])[ \t]+$/g;

/** The value without blanks at its edges. */
export function trimValue(value: string): string {
  return value.replace(EDGES, "");
}

/** True for a Content-Length that all front ends read alike: 1 to 15 digits. */
export function isLengthValue(value: string): boolean {
  return /^[0-9]{1,15}$/.test(value);
}
