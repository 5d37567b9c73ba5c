/** Which name was meant. Pure. */

/** The nearest of the names that there are; undefined where none is near. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const short = name.slice(0, MOST).toLowerCase();
  if (short === "") return undefined;
  let nearest: string | undefined;
  // What is near is nearer than this.
  let least = Math.min(3, Math.floor(short.length / 3)) + 1;
  for (const one of known) {
    const whole = one.toLowerCase();
    // Also what was begun, and not written to its end; and what was written on.
    const distance = Math.min(distanceOf(short, whole), distanceOf(short, whole.slice(0, short.length)));
    if (distance >= least) continue;
    nearest = one;
    least = distance;
  }
  return nearest;
}

/** Characters of a name that are looked at: the cost grows with their square. */
const MOST = 40;

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
