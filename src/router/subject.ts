/** A packet as rules look at it: each fact is worked out when the first rule asks. */
import { modifiers, type Packet, type Vars } from "../codec/index.ts";
import { ProtocolError } from "../errors.ts";
import { type Host, parseHost } from "./host-pattern.ts";
import { pathOf } from "./routed-path.ts";

/** uWSGI's fastrouter leaves longer ones out of account. */
const MOST_KEY_BYTES = 255;

/** Two different values of these cannot both be true; of other headers all that came count. */
const uniqueHeaders: ReadonlySet<string> = new Set(["HTTP_HOST", "HTTP_AUTHORIZATION"]);

/** All accessors throw a ProtocolError for what cannot be believed: `UWSGI_CONFLICTING_VARS`, `UWSGI_BAD_TARGET`. */
export class Subject {
  readonly modifier1: number;
  readonly modifier2: number;
  /** Undefined when the payload is something else. */
  readonly vars: Vars | undefined;
  private knownHost: Host | undefined;
  private knownPath: string | undefined;

  constructor(packet: Packet) {
    this.modifier1 = packet.modifier1;
    this.modifier2 = packet.modifier2;
    this.vars = varsOf(packet);
  }

  /** The host that the client asked for; undefined without one. */
  get host(): Host | undefined {
    if (this.knownHost === undefined) {
      const sent = this.value("HTTP_HOST") || this.value("SERVER_NAME");
      if (sent !== undefined && sent !== "") this.knownHost = parseHost(sent);
    }
    return this.knownHost;
  }

  get path(): string | undefined {
    if (this.vars === undefined) return undefined;
    return (this.knownPath ??= pathOf(this.value("SCRIPT_NAME") ?? "", this.value("PATH_INFO") ?? ""));
  }

  get method(): string | undefined {
    return this.value("REQUEST_METHOD");
  }

  /** See `Conditions.key`. */
  get key(): string | undefined {
    for (const name of ["UWSGI_FASTROUTER_KEY", "HTTP_HOST", "SERVER_NAME"]) {
      const value = this.value(name);
      if (value !== undefined && value !== "" && value.length <= MOST_KEY_BYTES) return value;
    }
    return undefined;
  }

  /**
   * The value of a var. Headers that came more than once are joined, as by our server; of all else different values
   * are an error: uWSGI believes the last, other servers the first, and a rule must not choose one.
   */
  value(name: string): string | undefined {
    const values = this.vars?.getAll(name) ?? [];
    const [first] = values;
    if (values.length < 2) return first;
    if (name.startsWith("HTTP_") && !uniqueHeaders.has(name)) return values.join(name === "HTTP_COOKIE" ? "; " : ", ");
    if (values.every((value) => value === first)) return first;
    throw new ProtocolError(`${name} came twice with different values: a rule asks for it, and only one can be true`, {
      code: "UWSGI_CONFLICTING_VARS",
    });
  }
}

/** True for payloads that a server may read as vars: those of unassigned numbers too, which uWSGI can be told to. */
export function mayHaveVars(modifier1: number): boolean {
  const kind = modifiers.get(modifier1)?.payload;
  return kind === "vars" || kind === undefined;
}

function varsOf(packet: Packet): Vars | undefined {
  if (!mayHaveVars(packet.modifier1)) return undefined;
  try {
    return packet.vars;
  } catch (error) {
    // Of an unassigned number: those of the known ones were validated when they were decoded.
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}
