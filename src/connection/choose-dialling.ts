/** Which way connections are made: by handles, where that has been tried, or by `net.Socket`. */
import { operatorsTransport, whyNotDirect } from "./choose-transport.ts";
import { testDialling } from "./dialling-self-test.ts";
import type { HandleKind } from "./handle-dialer.ts";

/** Connections that are made before it is tried: a tool that asks once or twice shall not pay for it. */
const UNTRIED_DIALS = 8;

interface Family {
  /** Still to be made before it is tried; undefined: none was made yet. */
  untried: number | undefined;
  isReady: boolean;
}

/** Of the process. */
const families: Readonly<Record<HandleKind, Family>> = {
  pipe: { untried: undefined, isReady: false },
  tcp: { untried: undefined, isReady: false },
};

/** True when a connection may be made by such a handle. The first ones may not: with them it is tried. */
export function mayDialByHandle(kind: HandleKind): boolean {
  const family = families[kind];
  if (family.isReady) return true;
  family.untried ??= untriedDials(operatorsTransport());
  if (family.untried-- === 0) void tryDialling(kind);
  return false;
}

/** See `UISGE_TRANSPORT`; what it has that is no transport is told by who listens. */
function untriedDials(transport: string): number {
  if (transport === "direct") return 0;
  return transport === "" || transport === "auto" ? UNTRIED_DIALS : Number.POSITIVE_INFINITY;
}

/** Tries it now; answers whether connections are made by such handles from now on. Never rejects. */
export async function tryDialling(kind: HandleKind): Promise<boolean> {
  const fault =
    (await whyNotDirect(operatorsTransport() === "direct" ? "direct" : "auto")) ?? (await testDialling(kind));
  families[kind].isReady = fault === undefined;
  return fault === undefined;
}
