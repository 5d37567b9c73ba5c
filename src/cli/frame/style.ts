/** Colours, for terminals alone. Pure. */

/** What is said, as it is to be shown. */
export interface Style {
  readonly bold: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
}

type Look = keyof Style;

/** What switches a look on and off again (ECMA-48, SGR). */
const codes: Readonly<Record<Look, readonly [on: number, off: number]>> = {
  bold: [1, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
};

/** Without colours. */
export const plain: Style = styleOf(() => (text) => text);

/** With them. */
export const coloured: Style = styleOf((look) => {
  const [on, off] = codes[look];
  return (text) => (text === "" ? "" : `\u001b[${on}m${text}\u001b[${off}m`);
});

/** For what is written to that stream. */
export function styleFor(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv = process.env): Style {
  return hasColours(stream.isTTY === true, env) ? coloured : plain;
}

/**
 * Whether to colour. As Node and most programs read the environment: FORCE_COLOR before NO_COLOR (https://no-color.org), and
 * a terminal that says it is dumb gets none.
 */
export function hasColours(isTerminal: boolean, env: NodeJS.ProcessEnv): boolean {
  const { FORCE_COLOR: forced, NO_COLOR: none = "", TERM: terminal } = env;
  if (forced !== undefined) return forced !== "0" && forced !== "false";
  return none === "" && isTerminal && terminal !== "dumb";
}

function styleOf(lookOf: (look: Look) => (text: string) => string): Style {
  return { bold: lookOf("bold"), red: lookOf("red"), green: lookOf("green"), yellow: lookOf("yellow") };
}
