/** Whether what PM2 runs is a program of Node's that can be served. Pure. */
import { listOf } from "./instances.ts";
import { textOf } from "./value-text.ts";

type Attributes = Readonly<Record<string, unknown>>;

/** Packages whose programs run others: what they run has to be named itself. */
const RUNNERS: ReadonlySet<string> = new Set(["npm", "npx", "yarn", "pnpm", "bun", "deno"]);

/** Those that read TypeScript, which is done here where tsx is installed. */
export const TYPESCRIPT: readonly string[] = ["tsx", "ts-node"];

/** Why not; undefined where it is one. */
export function notNode(app: Attributes): string | undefined {
  const script = textOf(app["script"] ?? app["exec"] ?? "");
  const interpreter = textOf(app["exec_interpreter"] ?? app["interpreter"] ?? "node");
  const base = baseOf(interpreter);
  const command = [script, ...listOf(app["args"])].join(" ").trim();
  if (script === "") return "it has no script";
  if (RUNNERS.has(baseOf(script))) {
    return `"${command}" runs another program: name that one, such as application = server.js, and import again`;
  }
  if (script === "serve" && isPm2Serve(app)) return "PM2 serves files there: nginx does, by root FOLDER";
  if (!/^node(?:js)?$/.test(base) && !TYPESCRIPT.includes(base)) {
    const program = base === "none" ? command : `${interpreter} ${command}`;
    return `it is not a program of Node's: attach-daemon = ${program} beside an application, or a unit of systemd, runs it`;
  }
  if (/\.(?:py|rb|php|pl|sh|go)$/.test(script)) return "it is not a program of Node's: a unit of systemd runs it";
  return undefined;
}

function isPm2Serve(app: Attributes): boolean {
  const env = app["env"];
  return typeof env === "object" && env !== null && Object.keys(env).some((name) => name.startsWith("PM2_SERVE_"));
}

export function baseOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
