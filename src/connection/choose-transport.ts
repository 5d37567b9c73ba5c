/** Which transport connections go by: see `ListenOptions.transport`. */
import { ConnectionError, typeError } from "../errors.ts";
import type { Address } from "./address.ts";
import { testDirectTransport } from "./direct-self-test.ts";
import type { Listening } from "./listen-options.ts";

/** What this release was tried with. A later Node may have changed what is not public. */
const OLDEST_MAJOR = 20;
const LATEST_MAJOR = 26;

/** One for the process: undefined when it works, else why it does not. */
let outcome: Promise<string | undefined> | undefined;

/**
 * True when connections may go by the direct transport. Rejects with a TypeError (`UWSGI_INVALID_ARGUMENT`)
 * for what is no transport, with a ConnectionError (`UWSGI_TRANSPORT_UNAVAILABLE`) when `direct` is asked for and
 * does not work.
 */
export async function mayBeDirect(
  { kind }: Address,
  { transport: given = "auto", onFallback }: Listening,
): Promise<boolean> {
  const fromOperator = operatorsTransport();
  const isOperators = given === "auto" && fromOperator !== "";
  const transport = isOperators ? fromOperator : given;
  if (transport !== "auto" && transport !== "direct" && transport !== "net") {
    const name = isOperators ? "UISGE_TRANSPORT" : "transport";
    throw typeError("UWSGI_INVALID_ARGUMENT", `${name} is ${transport}, there are auto, direct and net`);
  }
  if (transport === "net" || kind === "tls") return false;
  const fault = await whyNotDirect(transport);
  if (fault === undefined) return true;
  if (transport === "auto") {
    onFallback?.(fault);
    return false;
  }
  throw new ConnectionError(`the direct transport does not work here: ${fault}`, {
    code: "UWSGI_TRANSPORT_UNAVAILABLE",
  });
}

/** What `auto` is to mean, by operators of an application that does not ask them; "" where they say nothing. */
export function operatorsTransport(): string {
  return process.env["UISGE_TRANSPORT"] ?? "";
}

/** Why connections cannot go by handles, or undefined when they can. `direct` insists: also on a Node that was not tried. */
export async function whyNotDirect(transport: "auto" | "direct"): Promise<string | undefined> {
  const untried = transport === "auto" ? untriedVersion() : undefined;
  return untried ?? (await (outcome ??= testDirectTransport()));
}

/** Why this Node is not one that the direct transport is known to work with, if it is not. */
export function untriedVersion(version: string = process.versions.node): string | undefined {
  const major = Number.parseInt(version, 10);
  if (major >= OLDEST_MAJOR && major <= LATEST_MAJOR) return undefined;
  return `this release was not tried with Node ${version}, transport: "direct" takes it all the same`;
}
