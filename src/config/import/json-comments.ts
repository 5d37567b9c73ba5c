/** JSON as people write it for programs of JavaScript's. Pure. */

/** Without comments, which become blanks so that lines and columns stay where they are. */
export function withoutComments(text: string): string {
  return text.replace(/"(?:[^"\\\n]|\\.)*"|\/\/[^\n]*|\/\*[^]*?\*\//g, (found) =>
    found.startsWith('"') ? found : found.replace(/[^\n]/g, " "),
  );
}
