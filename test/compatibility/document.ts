/** The grid as a page of Markdown. */
import type { KnownDifference } from "./known-differences.ts";

/** What came out of a cell: the numbers of the known differences, from 0; undefined where it does not apply. */
export type Outcome = ReadonlySet<number> | undefined;

export interface RowOutcome {
  readonly name: string;
  readonly by: string;
  readonly outcomes: ReadonlyMap<string, Outcome>;
}

/** The page. Differences are numbered in the order in which they come. */
export function page(
  columns: readonly string[],
  rows: readonly RowOutcome[],
  known: readonly KnownDifference[],
  facts: readonly string[],
): string {
  const order: number[] = [];
  const show = (outcome: Outcome): string => {
    if (outcome === undefined) return "-";
    if (outcome.size === 0) return "same";
    for (const number of outcome) if (!order.includes(number)) order.push(number);
    return [...outcome]
      .map((number) => order.indexOf(number) + 1)
      .sort((a, b) => a - b)
      .map((number) => `[${number}](#differences)`)
      .join(" ");
  };
  const lines = columns.map((cell) => [cell, ...rows.map(({ outcomes }) => show(outcomes.get(cell)))]);
  const table = [
    ["", ...rows.map(({ name }) => name)],
    ["---", ...rows.map(() => "---")],
    ["by", ...rows.map(({ by }) => by)],
    ...lines,
  ];
  return `# Compatibility

Does an application answer over uwsgi as it does on node:http? Each is started unchanged twice: by \`node app.js\` behind
nginx's \`proxy_pass\`, and by \`uisge serve app.js\` behind \`uwsgi_pass\`. The same requests go to both. "same" means: the same
status, the same headers but those of the connection (Connection, Date, Keep-Alive, Server, Transfer-Encoding), the same
bytes; for streams, that each piece comes when it is sent; for an abort, that the application notices it. A dash: the
application has no such thing, or does not do it on node:http either. \`npm run compatibility\` makes this page, and fails when a difference is not explained below.

${facts.map((fact) => `- ${fact}`).join("\n")}

${table.map((cells) => `| ${cells.join(" | ")} |`).join("\n")}

"listen hook": the program calls \`listen\` as always, and what would listen is served on the uwsgi socket instead. "fetch
handler": the module exports an object with \`fetch\`, which is called directly; on node:http it runs by the server package in
the column beside it. The applications are in \`test/compatibility/applications\`.

## Differences

${order.map((number, at) => `${at + 1}. ${known[number]?.reason}`).join("\n")}
`;
}
