/** A session that is kept in memory, for tests of what stands on top of one. */
import { randomUUID } from "node:crypto";
import { type Middleware, onResponse, type Session, titled } from "../../../src/handler/index.ts";

type Values = Map<string, unknown>;

/** All sessions of a test, by id: what a store would have. */
export class FakeSessions {
  readonly kept = new Map<string, Values>();
  /** Ids that were given up, by `regenerate` or `destroy`. */
  readonly gone: string[] = [];

  /** The middleware. The cookie `sid` has the id. */
  readonly middleware: Middleware = titled("fake session", (next) => (request) => {
    const { environ } = request;
    const id = /(?:^|;\s*)sid=([\w-]+)/.exec(environ.HTTP_COOKIE ?? "")?.[1];
    const session = new FakeSession(this, id);
    environ["uisge.session"] = session;
    return onResponse(next(request), (response) => {
      const cookie = session.finish();
      return cookie === undefined
        ? response
        : { ...response, headers: [...response.headers, ["Set-Cookie", `sid=${cookie}`]] };
    });
  });
}

class FakeSession implements Session {
  isLoaded = false;
  private readonly all: FakeSessions;
  private id: string | undefined;
  private readonly sent: string | undefined;
  private values: Values = new Map();
  private isDestroyed = false;

  constructor(all: FakeSessions, id: string | undefined) {
    this.all = all;
    this.sent = id;
  }

  async load(): Promise<this> {
    await Promise.resolve();
    if (this.isLoaded) return this;
    this.isLoaded = true;
    const found = this.sent === undefined ? undefined : this.all.kept.get(this.sent);
    if (found !== undefined) {
      this.id = this.sent;
      this.values = new Map(found);
    }
    return this;
  }

  /** The id for the cookie, "" where it has to go, undefined where nothing changes. */
  finish(): string | undefined {
    if (!this.isLoaded) return undefined;
    if (this.isDestroyed) return "";
    if (this.values.size === 0) return undefined;
    this.id ??= randomUUID();
    this.all.kept.set(this.id, this.values);
    return this.id === this.sent ? undefined : this.id;
  }

  get isNew(): boolean {
    return this.id === undefined;
  }

  get(key: string): unknown {
    if (!this.isLoaded) throw new Error("not loaded");
    return this.values.get(key);
  }

  has(key: string): boolean {
    return this.values.has(key);
  }

  keys(): string[] {
    return [...this.values.keys()];
  }

  set(key: string, value: unknown): void {
    if (!this.isLoaded) throw new Error("not loaded");
    // As a store would give it back.
    this.values.set(key, JSON.parse(JSON.stringify(value)));
  }

  delete(key: string): void {
    this.values.delete(key);
  }

  flash(): void {
    throw new Error("not here");
  }

  takeFlash(): unknown[] {
    throw new Error("not here");
  }

  async regenerate(): Promise<void> {
    await Promise.resolve();
    this.drop();
  }

  async destroy(): Promise<void> {
    await Promise.resolve();
    this.drop();
    this.values = new Map();
    this.isDestroyed = true;
  }

  private drop(): void {
    if (this.id === undefined) return;
    this.all.kept.delete(this.id);
    this.all.gone.push(this.id);
    this.id = undefined;
  }
}
