/** What can be said of an inspector, and what it does where nothing is said. */
import { flag, listOf, optionRule, readOptions, text, wholeNumber } from "../read-options.ts";

/** All can be said in JSON. */
export interface InspectOptions {
  /** True: exchanges are recorded, and there is a page that shows them. Never where others can reach it. Default false. */
  readonly development?: boolean;
  /** The last exchanges that are kept, 0 to 10 000. Only in development. Default 100. */
  readonly records?: number;
  /** Where the page is, below the application's mount point. Default `/__inspect`. */
  readonly path?: string;
  /**
   * Who may see the page: clients of this machine, everybody, or those of these addresses. Others get what the
   * application answers there. Default `loopback`.
   */
  readonly allow?: "loopback" | "any" | readonly string[];
  /**
   * Names under which the page may be asked for, beside `localhost` and addresses: a page of another site whose name
   * leads here could else read it (DNS rebinding). Default none.
   */
  readonly hosts?: readonly string[];
  /** A request that takes as long until its head, in milliseconds, is one line of the log; 0: none is. Default 1 000. */
  readonly slowMs?: number;
  /**
   * The header Server-Timing: for everybody, or nobody. It tells an attacker what takes how long. Default: in
   * development, for those who may see the page.
   */
  readonly serverTiming?: boolean;
  /** Bytes that are kept of each body, up to 1 MiB. Default 0: sizes alone. */
  readonly bodyBytes?: number;
  /** The files for replay have the secrets of their requests, which are then kept. Default false. */
  readonly replaySecrets?: boolean;
  /** All layers below are checked against the contract of handlers. Default: in development. */
  readonly lint?: boolean;
}

/** Clocks, for tests. */
export interface Clocks {
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Milliseconds since any time; it cannot be set. */
  readonly clock?: () => number;
}

export interface Settings extends Required<Omit<InspectOptions, "serverTiming">>, Required<Clocks> {
  readonly serverTiming: "allowed" | "all" | "none";
}

/** Checks options. Throws a TypeError (`UWSGI_INVALID_ARGUMENT`). */
export function readInspectOptions(options: InspectOptions & Clocks): Settings {
  const read = readOptions("inspect", options, {
    development: flag({ or: false }),
    records: wholeNumber({ most: 10_000, or: 100 }),
    path: text({
      needed: "a path as /__inspect, of letters, digits and -._~,",
      accepts: (path) => /^(?:\/[\w.~-]+)+$/.test(path) && !/\/\.\.?(?:\/|$)/.test(path),
      or: "/__inspect",
    }),
    allow: optionRule<Settings["allow"], Settings["allow"]>(
      '"loopback", "any" or a list of addresses',
      (allow) => allow === "loopback" || allow === "any" || isListOfText(allow),
      { or: "loopback" },
    ),
    hosts: listOf(text({ needed: "the name of a host" }), { or: [] }),
    slowMs: wholeNumber({ or: 1_000 }),
    serverTiming: flag(),
    bodyBytes: wholeNumber({ most: 1_048_576, or: 0 }),
    replaySecrets: flag({ or: false }),
    lint: flag(),
    now: optionRule("a function", isFunction, { or: () => new Date().getTime() }),
    clock: optionRule("a function", isFunction, { or: () => performance.now() }),
  });
  const { development, serverTiming } = read;
  const byDefault = development ? "allowed" : "none";
  return {
    ...read,
    records: development ? read.records : 0,
    serverTiming: serverTiming === undefined ? byDefault : serverTiming ? "all" : "none",
    lint: read.lint ?? development,
  } as Settings;
}

function isListOfText(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === "string" && one !== "");
}

function isFunction(value: unknown): boolean {
  return typeof value === "function";
}
