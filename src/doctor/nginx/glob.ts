/** The patterns of `include`: glob(3), where `*` and `?` stop at a slash. In time that grows with their lengths' product. */

/** True when the whole path matches the pattern. */
export function matchesGlob(pattern: string, path: string): boolean {
  const patterns = pattern.split("/");
  const names = path.split("/");
  return patterns.length === names.length && patterns.every((part, i) => matchesName(part, names[i] ?? ""));
}

/** True when one name, without slashes, matches. */
export function matchesName(pattern: string, name: string): boolean {
  // A leading dot is matched only by a dot, as everywhere in a shell.
  if (name.startsWith(".") && !pattern.startsWith(".")) return false;
  let at = 0;
  let i = 0;
  let star = -1;
  let starAt = 0;
  while (i < name.length) {
    const one = pattern[at] === "*" ? 0 : lengthOfMatch(pattern, at, name[i] ?? "");
    if (one > 0) {
      at += one;
      i++;
    } else if (pattern[at] === "*") {
      star = at++;
      starAt = i;
    } else if (star >= 0) {
      at = star + 1;
      i = ++starAt;
    } else {
      return false;
    }
  }
  while (pattern[at] === "*") at++;
  return at === pattern.length;
}

/** How many characters of the pattern match this one character; 0: it does not. */
function lengthOfMatch(pattern: string, at: number, char: string): number {
  const first = pattern[at];
  if (first === undefined) return 0;
  if (first === "?") return 1;
  const end = first === "[" ? pattern.indexOf("]", at + 2) : -1;
  if (end === -1) return first === char ? 1 : 0;
  const isNegated = pattern[at + 1] === "!" || pattern[at + 1] === "^";
  let isIn = false;
  for (let i = at + (isNegated ? 2 : 1); i < end; i++) {
    const low = pattern[i] ?? "";
    const isRange = pattern[i + 1] === "-" && i + 2 < end;
    const high = isRange ? (pattern[i + 2] ?? "") : low;
    if (char >= low && char <= high) isIn = true;
    if (isRange) i += 2;
  }
  return isIn === isNegated ? 0 : end + 1 - at;
}
