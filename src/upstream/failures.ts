/** What failed requests say about the node, what may be tried after them, and the error that is left at the end. */
import {
  ConnectionError,
  errorCode,
  LimitError,
  ProtocolError,
  TimeoutError,
  UpstreamError,
  UwsgiError,
  type UwsgiErrorOptions,
} from "../errors.ts";
import { describe, whyNot } from "./node.ts";
import type { Try } from "./picker.ts";
import type { Member, Pool } from "./pool.ts";

/** True when no byte of the request has reached anybody: whatever it asks for may be asked of another node. */
export function isUnsent(error: unknown): boolean {
  const code = errorCode(error);
  return code === "UWSGI_CONNECT_FAILED" || code === "UWSGI_CONNECT_TIMEOUT";
}

/**
 * True when the node is to blame: not connected, too slow, gone, no answer that can be read. Not for the caller's own
 * mistakes, and not when the time for the whole request is up: that may have been short.
 */
export function isNodeFault(error: unknown): boolean {
  if (error instanceof TimeoutError) return error.code !== "UWSGI_TOTAL_TIMEOUT";
  return error instanceof ConnectionError || error instanceof ProtocolError;
}

/**
 * The error of a request that was tried several times, with all of them as an AggregateError in `cause`. A TimeoutError
 * (504) when all nodes were too slow, else as the last of the others (502). A single error stays as it is.
 */
export function failureOf(tries: readonly Try[], why: string): unknown {
  const errors = tries.map(({ error }) => error);
  const named = errors.filter((error) => error instanceof UwsgiError);
  const decisive = named.findLast((error) => !(error instanceof TimeoutError)) ?? named.at(-1);
  // What ended it is no failure of a node, and stays as it is: the caller's mistake, the reason of the signal.
  if (errors.length === 1 || decisive === undefined || !isNodeFault(errors.at(-1))) return errors.at(-1);
  const list = tries.map(({ node, error }) => `${node.name}: ${describe(error, node)}`).join("; ");
  const message = `${tries.length} nodes failed, ${why}: ${list}`;
  const options: UwsgiErrorOptions = { code: decisive.code, cause: new AggregateError(errors, message) };
  const kind = [TimeoutError, LimitError, ProtocolError].find((one) => decisive instanceof one) ?? ConnectionError;
  return new kind(message, options);
}

/** That there is no node to be asked (`UWSGI_NO_NODE`), each with why. */
export function noNode({ members, nodes, draining }: Pool, now: number): UpstreamError {
  const unresolved = [...members.values()].filter((member) => member.nodes.length === 0).map(whyUnresolved);
  const others = [...nodes, ...draining].map((node) => `${node.name} ${whyNot(node, now)}`);
  const list = [...others, ...unresolved].join("; ");
  const errors = [...nodes].flatMap(({ lastFailure }) => (lastFailure === undefined ? [] : [lastFailure.error]));
  const message = list === "" ? "there is no node: none was added" : `no node can be asked: ${list}`;
  const cause = errors.length === 0 ? {} : { cause: new AggregateError(errors, message) };
  return new UpstreamError(message, { code: "UWSGI_NO_NODE", ...cause });
}

function whyUnresolved({ settings, unresolved }: Member): string {
  const why = unresolved === undefined ? "has not been resolved yet" : `cannot be resolved: ${describe(unresolved)}`;
  return `${settings.name} ${why}`;
}
