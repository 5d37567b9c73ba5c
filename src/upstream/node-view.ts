/** What is shown of a node. */
import { isUp, type Node } from "./node.ts";
import type { Pool } from "./pool.ts";

/** A node at one moment. */
export interface NodeView {
  /** As `formatAddress` writes it. */
  readonly address: string;
  /** The host name that it was resolved from. */
  readonly host: string | undefined;
  readonly id: string | undefined;
  /** `down`: left alone since it failed, its health checks say so, or it was marked dead. */
  readonly state: "up" | "down" | "draining";
  readonly weight: number;
  readonly isBackup: boolean;
  /** Requests that run, the bodies of their answers included. */
  readonly inFlight: number;
  /** Requests that were sent to it, or were to be. */
  readonly requests: number;
  /** Those of them that failed by its fault. */
  readonly failures: number;
  /** Of a request or of a health check; `agoMs`: how long it is past. */
  readonly lastFailure: { readonly error: unknown; readonly agoMs: number } | undefined;
  /** What it said to the latest ping; "" when all is well, or it was never pinged. */
  readonly warning: string;
}

export function viewNodes({ nodes, draining }: Pool, now: number): NodeView[] {
  return [...nodes, ...draining].map((node) => viewNode(node, now));
}

function viewNode(node: Node, now: number): NodeView {
  const { name: address, host, settings, inFlight, requests, failures, lastFailure, warning } = node;
  return {
    address,
    host,
    id: settings.id,
    state: node.isDraining ? "draining" : isUp(node) ? "up" : "down",
    weight: settings.weight,
    isBackup: settings.backupLevel > 0,
    inFlight,
    requests,
    failures,
    lastFailure: lastFailure === undefined ? undefined : { error: lastFailure.error, agoMs: now - lastFailure.at },
    warning,
  };
}
