/**
 * What the rules for vars come to when the names are known: which vars are stored under which names, and
 * which are added. A front end sends the same names in the same order again and again, so most environs are
 * filled by a plan, without a look at any single name. What does not follow from the names alone is decided
 * here as `readOneByOne` decides it.
 */
import { shapedDictionary, type Vars } from "../codec/index.ts";
import type { Environ } from "./environ.ts";
import type { EnvironOptions } from "./from-vars.ts";
import { absentWhenEmpty, checkMethod, isKeptOut, loaderVars } from "./var-rules.ts";

/** Vars that each environ has, in the order in which they are added where the packet has none. */
const required = [
  "REQUEST_METHOD",
  "SCRIPT_NAME",
  "PATH_INFO",
  "QUERY_STRING",
  "SERVER_NAME",
  "SERVER_PORT",
  "SERVER_PROTOCOL",
];

/** The plan for a packet of these names; undefined when a name comes twice, or is a loader variable's: they are rare. */
export function planEnviron(names: readonly string[]): EnvironPlan | undefined {
  if (new Set(names).size < names.length || names.some((name) => loaderVars.has(name))) return undefined;
  const kept = [...names.keys()].filter((position) => !isKeptOut(names[position] as string));
  return new EnvironPlan(names, kept, conditionsOf(names));
}

/** A var that is left out because of a value: its own, or another. */
interface Condition {
  readonly position: number;
  /** The var whose value decides, and whether it must be empty or must not. */
  readonly asked: number;
  readonly isEmpty: boolean;
}

function conditionsOf(names: readonly string[]): readonly Condition[] {
  const conditions: Condition[] = [];
  for (const [position, name] of names.entries()) {
    if (absentWhenEmpty.has(name)) conditions.push({ position, asked: position, isEmpty: true });
  }
  const position = names.indexOf("HTTP_TRANSFER_ENCODING");
  const asked = names.indexOf("CONTENT_LENGTH");
  if (position >= 0 && asked >= 0) conditions.push({ position, asked, isEmpty: false });
  return conditions;
}

/** How an environ is made of packets that have the same names in the same order. */
export class EnvironPlan {
  private readonly sent: readonly string[];
  private readonly kept: readonly number[];
  private readonly conditions: readonly Condition[];
  /** Plans for the vars without some that a condition leaves out, by the bits of these conditions. */
  private readonly without: (EnvironPlan | undefined)[];
  /** Names of the environ: those of the vars at `positions`, then those that are added. */
  private readonly names: readonly string[];
  private readonly positions: Uint8Array;
  private readonly method: number;
  private readonly script: number;
  private readonly path: number;
  private readonly serverName: number;
  private readonly serverPort: number;
  private readonly protocol: number;

  constructor(sent: readonly string[], kept: readonly number[], conditions: readonly Condition[]) {
    this.sent = sent;
    this.kept = kept;
    this.conditions = conditions;
    this.without = Array.from({ length: 2 ** conditions.length }, () => undefined);
    const given = kept.map((position) => sent[position] as string);
    const names = [...given, ...required.filter((name) => !given.includes(name))];
    this.names = names;
    this.positions = Uint8Array.from(kept);
    this.method = names.indexOf("REQUEST_METHOD");
    this.script = names.indexOf("SCRIPT_NAME");
    this.path = names.indexOf("PATH_INFO");
    this.serverName = names.indexOf("SERVER_NAME");
    this.serverPort = names.indexOf("SERVER_PORT");
    this.protocol = names.indexOf("SERVER_PROTOCOL");
  }

  /** Reads vars of these names as `environFromVars` does. */
  read(vars: Vars, options: EnvironOptions): Environ {
    const { conditions } = this;
    let left = 0;
    for (let i = 0; i < conditions.length; i++) {
      const { asked, isEmpty } = conditions[i] as Condition;
      if (vars.isEmptyAt(asked) === isEmpty) left |= 1 << i;
    }
    return left === 0 ? this.fill(vars, options) : (this.without[left] ??= this.leaveOut(left)).fill(vars, options);
  }

  private leaveOut(left: number): EnvironPlan {
    const conditions = this.conditions.filter((_, i) => (left & (1 << i)) !== 0);
    const out = new Set(conditions.map(({ position }) => position));
    const kept = this.kept.filter((position) => !out.has(position));
    return new EnvironPlan(this.sent, kept, []);
  }

  private fill(vars: Vars, options: EnvironOptions): Environ {
    const { names, positions, method, script, path, serverName, serverPort, protocol } = this;
    const values = vars.valuesAt(positions, positions.length, names.length);
    if (method < positions.length) checkMethod(values[method] as string);
    else values[method] = "GET";
    if (values[serverName] === "") values[serverName] = options.serverName ?? "localhost";
    if (values[serverPort] === "") values[serverPort] = options.serverPort ?? "0";
    if (values[protocol] === "") values[protocol] = "HTTP/1.0";
    if (values[script] === "/") {
      values[script] = "";
      const given = values[path] as string;
      if (!given.startsWith("/")) values[path] = `/${given}`;
    }
    return shapedDictionary<unknown>(names, values) as Environ;
  }
}
