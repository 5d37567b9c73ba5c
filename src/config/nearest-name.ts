/** Finds which name was meant. Pure. */

/** The name with the fewest letters to change; undefined where nothing is near. */
export function nearestName(given: string, names: readonly string[]): string | undefined {
  const most = Math.max(2, Math.floor(given.length / 3));
  const [nearest] = names
    // What differs more in length cannot be near, and costs a product of lengths.
    .filter((name) => Math.abs(name.length - given.length) <= most && given.length <= MOST_LETTERS)
    .map((name) => ({ name, distance: distanceOf(given, name) }))
    .filter(({ distance }) => distance <= most)
    .sort((a, b) => a.distance - b.distance);
  return nearest?.name;
}

/** Longer is no slip of the finger. */
const MOST_LETTERS = 64;

/** Letters that are put in, left out or changed: Levenshtein's distance, row by row. */
function distanceOf(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const changed = (row[j] ?? 0) + (letter === b[j] ? 0 : 1);
      next.push(Math.min(changed, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
