/** The base64 of crypt(3): another alphabet, and bits from the other end. Pure. */

const ALPHABET = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Three bytes a group, named by their places, the first the most significant; fewer make fewer characters. */
export function cryptBase64(bytes: Uint8Array, groups: readonly (readonly number[])[]): string {
  let text = "";
  for (const group of groups) {
    let word = 0;
    for (const place of group) word = (word << 8) | (bytes[place] ?? 0);
    for (let i = 0; i <= group.length; i++) {
      text += ALPHABET.charAt(word & 0x3f);
      word >>= 6;
    }
  }
  return text;
}
