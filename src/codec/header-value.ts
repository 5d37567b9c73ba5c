/** Values of response headers, for those who write heads and those who read them. */

/** Blanks at the edges. The lookbehind keeps it linear: without it, blanks inside of a value are tried from each on. */
const EDGES = /^[ \t]+|(?<![ \t])[ \t]+$/g;

/** The value without blanks at its edges. */
export function trimValue(value: string): string {
  return hasBlankEdges(value) ? value.replace(EDGES, "") : value;
}

/** Up to this length a loop is faster than calling a regular expression. */
const SHORT = 64;

// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const UNFIT = /[\x00-\x08\x0a-\x1f\x7f\u0100-\uffff]/;

/** True for a value that may go out as it is: latin-1, no control character but tab, no blanks at its edges. */
export function isFieldValue(value: string): boolean {
  if (hasBlankEdges(value)) return false;
  const { length } = value;
  if (length > SHORT) return !UNFIT.test(value);
  for (let i = 0; i < length; i++) {
    const unit = value.charCodeAt(i);
    if (unit < 0x20 ? unit !== 0x09 : unit === 0x7f || unit > 0xff) return false;
  }
  return true;
}

const MOST_DIGITS = 15;

/** True for a Content-Length that all front ends read alike: 1 to 15 digits. */
export function isLengthValue(value: string): boolean {
  const { length } = value;
  if (length === 0 || length > MOST_DIGITS) return false;
  for (let i = 0; i < length; i++) {
    const unit = value.charCodeAt(i);
    if (unit < 0x30 || unit > 0x39) return false;
  }
  return true;
}

/** True where a blank stands at an edge: a reader would drop it. */
export function hasBlankEdges(value: string): boolean {
  return isBlank(value.charCodeAt(0)) || isBlank(value.charCodeAt(value.length - 1));
}

function isBlank(unit: number): boolean {
  return unit === 0x20 || unit === 0x09;
}
