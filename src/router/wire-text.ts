/** Text of rules as vars have it. */

// oxlint-disable-next-line no-control-regex -- the whole range of ASCII is meant
const ASCII = /^[\x00-\x7f]*$/;

/** The UTF-8 of a text as a latin-1 string, which is how vars are read and compared. */
export function onWire(text: string): string {
  if (ASCII.test(text)) return text;
  let wire = "";
  for (const byte of new TextEncoder().encode(text)) wire += String.fromCharCode(byte);
  return wire;
}
