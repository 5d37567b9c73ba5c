/** Which variable of a log format was meant. Pure. */

/** The nearest of the names that there are; undefined where none is near. */
export function nearestVariable(given: string, names: readonly string[]): string | undefined {
  const short = given.slice(0, 40).toLowerCase();
  let nearest: string | undefined;
  let least = Math.min(3, Math.ceil(short.length / 2));
  for (const name of names) {
    const distance = distanceOf(short, name.toLowerCase());
    if (distance >= least) continue;
    nearest = name;
    least = distance;
  }
  return nearest;
}

/** How many characters are to be added, taken away or changed (Levenshtein). */
function distanceOf(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
