/**
 * The requests that a server is answering: listed, and ended when they take too long or have failed where nobody
 * caught it.
 *
 * Most are answered before the call that brought them returns: of those only `current` is set, so that a handler
 * which never returns is found. The others have a place in a list, and are looked at by a sweeper where they may take
 * only so long.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { Roster, Sweeper } from "../connection/index.ts";
import { gone, TimeoutError, type UwsgiError } from "../errors.ts";
import type { Plugin, RunningAnswer } from "../handler/index.ts";
import type { ConnectionExchange } from "./connection-exchange.ts";
import type { ServerCounts } from "./counts.ts";

/** A request that runs, as far as a log or a monitor may tell: no query, no headers. */
export interface RunningRequest {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  /** The client as the front end saw it, else the peer. */
  readonly remote: string;
  /** How long it has run; 0 for one that has not returned once, where nobody counts: without limit and access log. */
  readonly ms: number;
}

export class RunningRequests {
  /** What is being called, and has not returned. */
  current: ConnectionExchange | undefined;
  private readonly waiting = new Roster<ConnectionExchange>();
  private readonly sweeper = new Sweeper(this.waiting);
  /** What belongs to which exchange, where that is to be told. */
  private readonly contexts: AsyncLocalStorage<ConnectionExchange> | undefined;
  private readonly counts: ServerCounts;
  private readonly onGivenUp: (exchange: ConnectionExchange) => void;

  constructor(attributesErrors: boolean, counts: ServerCounts, onGivenUp: (exchange: ConnectionExchange) => void) {
    this.contexts = attributesErrors ? new AsyncLocalStorage() : undefined;
    this.counts = counts;
    this.onGivenUp = onGivenUp;
  }

  /** Has the plugin answer, in a context of its own where errors are attributed. */
  call(plugin: Plugin, exchange: ConnectionExchange): void | Promise<void> {
    const { contexts } = this;
    return contexts === undefined ? plugin.answer(exchange) : contexts.run(exchange, answerBy, plugin, exchange);
  }

  /** The plugin has returned, and answers later. */
  add(exchange: ConnectionExchange): void {
    const { answer } = exchange;
    // One that has been answered may still clean up, and one that was upgraded is no request any more.
    if (answer === undefined || !exchange.isOpen) return;
    const startedAt = (answer.startedAt ??= performance.now());
    this.waiting.add(exchange);
    if (answer.limitMs === undefined) return;
    this.sweeper.start();
    exchange.dueAt = this.sweeper.deadline(answer.limitMs, startedAt);
  }

  delete(exchange: ConnectionExchange): void {
    this.waiting.delete(exchange);
  }

  get count(): number {
    return this.waiting.size + (this.called === undefined ? 0 : 1);
  }

  /** What is being called comes first: where the process is stuck, it is probably that. */
  list(): RunningRequest[] {
    const now = performance.now();
    const all = [this.called, ...this.waiting.all().map(({ answer }) => answer)];
    return all
      .filter((answer) => answer !== undefined)
      .map((answer) => {
        const { id, method, path, remote } = answer;
        return { id, method, path, remote, ms: ageOf(answer, now) };
      });
  }

  oldestMs(): number {
    const now = performance.now();
    const { called, waiting } = this;
    let oldest = called === undefined ? 0 : ageOf(called, now);
    for (let place = 0; place < waiting.size; place++) {
      const answer = waiting.at(place)?.answer;
      if (answer !== undefined) oldest = Math.max(oldest, ageOf(answer, now));
    }
    return oldest;
  }

  /** See `Server.blame`. */
  blame(error: unknown): boolean {
    const exchange = this.contexts?.getStore();
    if (exchange?.answer === undefined) return false;
    const reason = gone("the request has failed where nobody caught it", error);
    if (!this.giveUp(exchange, error, 500, reason)) exchange.answer.failLate(error);
    return true;
  }

  /** It has taken longer than it may. */
  harakiri(exchange: ConnectionExchange): void {
    const { startedAt = 0, limitMs = 0 } = exchange.answer ?? {};
    const ms = Math.round(performance.now() - startedAt);
    const error = new TimeoutError(`the request has run for ${ms} ms, at most ${limitMs} are allowed (harakiriMs)`, {
      code: "UWSGI_HARAKIRI",
    });
    if (this.giveUp(exchange, error, 504, error)) this.counts.harakiri++;
    // It has ended, and only cleans up.
    else this.delete(exchange);
  }

  /** Ends an answer in the application's place; false where there is nothing to end. */
  private giveUp(exchange: ConnectionExchange, error: unknown, status: number, reason: UwsgiError): boolean {
    if (exchange.answer?.giveUp(error, status, reason) !== true) return false;
    // Behind the end: what listens must not get ahead of it.
    exchange.dismiss(reason);
    this.onGivenUp(exchange);
    return true;
  }

  private get called(): RunningAnswer | undefined {
    return this.current?.isOpen === true ? this.current.answer : undefined;
  }
}

function answerBy(plugin: Plugin, exchange: ConnectionExchange): void | Promise<void> {
  return plugin.answer(exchange);
}

function ageOf({ startedAt }: RunningAnswer, now: number): number {
  return startedAt === undefined ? 0 : now - startedAt;
}
