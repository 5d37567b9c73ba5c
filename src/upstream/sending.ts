/** One request through the nodes, until one answers or none may be asked any more. */
import type { PacketRequest, Response, Sender, Timeouts } from "../client/index.ts";
import type { Choice } from "./choice.ts";
import { failureOf, isNodeFault, isUnsent } from "./failures.ts";
import { Lease } from "./lease.ts";
import { discard, leaseUntilEnd } from "./leased-body.ts";
import type { Node } from "./node.ts";
import type { Settings } from "./options.ts";
import type { Try } from "./picker.ts";
import type { Pool } from "./pool.ts";
import { isRepeatable } from "./request-facts.ts";
import type { RetryBudget } from "./retry-budget.ts";
import { WatchedBody } from "./watched-body.ts";

export interface SendingParts {
  readonly settings: Settings;
  readonly timeouts: Partial<Timeouts>;
  readonly pool: Pool;
  readonly choice: Choice;
  readonly budget: RetryBudget;
  readonly senderOf: (node: Node) => Sender;
}

/** A request on its way from node to node. */
interface Course {
  readonly request: PacketRequest;
  readonly key: number;
  /** In ms of a monotonic clock, as are all times here. */
  readonly startedAt: number;
  readonly totalMs: number;
  /** Nodes that were asked in vain; undefined until one was. */
  tries: Try[] | undefined;
  /** Of the request, as the node that was asked last has read it. */
  body: WatchedBody | undefined;
  /** The answer of the node that was asked last, when its status is a failure: given out when nobody else can be asked. */
  refused: { readonly response: Response; readonly lease: Lease } | undefined;
}

export class Sending {
  private readonly parts: SendingParts;
  private readonly senders = new WeakMap<Node, Sender>();

  constructor(parts: SendingParts) {
    this.parts = parts;
  }

  /** `key`: see `Chooser`. */
  async send(request: PacketRequest, key: number): Promise<Response> {
    const { choice, budget, timeouts } = this.parts;
    const startedAt = performance.now();
    const totalMs = request.timeouts?.totalMs ?? timeouts.totalMs ?? Number.POSITIVE_INFINITY;
    const course: Course = { request, key, startedAt, totalMs, tries: undefined, body: undefined, refused: undefined };
    budget.note(startedAt);
    for (;;) {
      let node = choice.pick(key, course.tries);
      if (node === undefined && course.tries !== undefined)
        return giveUp(course, course.tries, "no other can be asked");
      node ??= await choice.first(key, request.timeouts?.connectMs, request.signal);
      const response = await this.ask(node, course);
      if (response !== undefined) return response;
      const tries = course.tries ?? [];
      const why = this.whyNoMore(course, tries);
      if (why !== undefined) return giveUp(course, tries, why);
    }
  }

  /** Asks one node; undefined when it has failed, and then `course` knows of it. */
  private async ask(node: Node, course: Course): Promise<Response | undefined> {
    const { request, refused } = course;
    if (refused !== undefined) {
      course.refused = undefined;
      refused.lease.end();
      void discard(refused.response.body);
    }
    const lease = new Lease(this.parts.pool, node);
    course.body = request.body === undefined ? undefined : new WatchedBody(request.body);
    try {
      const response = await this.sender(node).send(requestFor(node, course));
      if (!this.parts.settings.statuses.has(response.status)) {
        lease.succeed();
        return leaseUntilEnd(response, lease, request.isHead === true, request.signal);
      }
      const error = new Error(`answered ${response.status}`);
      lease.fail(error);
      course.refused = { response, lease };
      course.tries = [...(course.tries ?? []), { node, error }];
    } catch (error) {
      if (isBlamed(error, course)) lease.fail(error);
      lease.end();
      if (isUnsent(error)) this.parts.choice.doubt(node);
      course.tries = [...(course.tries ?? []), { node, error }];
    }
    return undefined;
  }

  /** Lets go of nodes that are no more. */
  forget(): void {
    this.parts.choice.forget();
  }

  private sender(node: Node): Sender {
    let sender = this.senders.get(node);
    if (sender === undefined) {
      sender = this.parts.senderOf(node);
      this.senders.set(node, sender);
    }
    return sender;
  }

  /** Why no other node may be asked; undefined when one may. */
  private whyNoMore({ request, body, refused, startedAt, totalMs }: Course, tries: readonly Try[]): string | undefined {
    const { choice, budget } = this.parts;
    const error = tries.at(-1)?.error;
    if (refused === undefined && !isNodeFault(error)) return "and that was not the node's fault";
    if (request.signal?.aborted === true || body?.hasFailed === true) return "and the request was broken off";
    const why = choice.whyNoMore(tries, startedAt, totalMs);
    if (why !== undefined) return why;
    if (refused === undefined && isUnsent(error)) return undefined;
    if (!isRepeatable(request)) return "the request may not be sent twice";
    return budget.take(performance.now()) ? undefined : "the budget of retries is used up";
  }
}

/** What is left when nobody else is asked: an answer with a status that is a failure, or else the error of all tries. */
function giveUp({ refused, request }: Course, tries: readonly Try[], why: string): Response {
  if (refused !== undefined) {
    return leaseUntilEnd(refused.response, refused.lease, request.isHead === true, request.signal);
  }
  request.signal?.throwIfAborted();
  throw failureOf(tries, why);
}

/** True when the failure counts against the node. */
function isBlamed(error: unknown, { request, body }: Course): boolean {
  if (request.signal?.aborted === true || !isNodeFault(error)) return false;
  if (isUnsent(error)) return true;
  // A server that has waited for the rest of an upload in vain closes: any slow client could take out all nodes by that.
  return body === undefined || !(body.hasFailed || body.isAwaited);
}

/** The request as this node gets it. */
function requestFor({ settings }: Node, { request, body, startedAt, totalMs }: Course): PacketRequest {
  const { modifier1 = request.modifier1, modifier2 = request.modifier2 } = settings;
  const isBounded = totalMs !== Number.POSITIVE_INFINITY;
  const isAsItIs = modifier1 === request.modifier1 && modifier2 === request.modifier2;
  if (isAsItIs && body === undefined && !isBounded) return request;
  const leftMs = Math.max(1, totalMs - (performance.now() - startedAt));
  return {
    ...request,
    ...(modifier1 === undefined ? {} : { modifier1 }),
    ...(modifier2 === undefined ? {} : { modifier2 }),
    ...(body === undefined ? {} : { body }),
    ...(isBounded ? { timeouts: { ...request.timeouts, totalMs: leftMs } } : {}),
  };
}
