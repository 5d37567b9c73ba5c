/** Where a login leads back to: the client's word, so only a path of the same host. Pure. */

const MOST_TARGET = 2_048;

/**
 * The target, where it is a path on the same host; undefined else. What browsers read otherwise than it looks is refused:
 * two slashes and backslashes (another host), and all that is not printable ASCII (they leave out tabs and line ends).
 */
export function safeTarget(target: string | null | undefined): string | undefined {
  if (typeof target !== "string" || target.length > MOST_TARGET) return undefined;
  return /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(target) ? target : undefined;
}
