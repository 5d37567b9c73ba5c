const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** True for a token (RFC 9110 5.6.2): what methods and header names are made of. */
export function isToken(text: string): boolean {
  return TOKEN.test(text);
}
