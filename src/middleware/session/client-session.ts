/** What applications see of a session. Until it is asked for something it is no more than this object. */
import { typeError, UwsgiError } from "../../errors.ts";
import type { AppRequest, AppResponse, Session } from "../../handler/index.ts";
import { copyOfJson } from "./json-value.ts";
import type { Settings } from "./options.ts";
import type { SessionRecord } from "./record.ts";
import { Visit } from "./visit.ts";

export class ClientSession implements Session {
  readonly #request: AppRequest;
  readonly #settings: Settings;
  #visit: Visit | undefined;

  constructor(request: AppRequest, settings: Settings) {
    this.#request = request;
    this.#settings = settings;
  }

  /** For the middleware: reads it, although the application has not asked; undefined when there is nothing to wait for. */
  static preload(session: ClientSession): Promise<void> | undefined {
    // Most clients that have no session have no cookie at all.
    if (session.#request.environ.HTTP_COOKIE === undefined) return undefined;
    session.#visit = new Visit(session.#request, session.#settings);
    return session.#visit.record === undefined ? session.#visit.load() : undefined;
  }

  /** For the middleware: the head of the answer leaves. */
  static leave(session: ClientSession, response: AppResponse): AppResponse | Promise<AppResponse> {
    return session.#visit === undefined ? response : session.#visit.leave(response);
  }

  get isLoaded(): boolean {
    return this.#visit !== undefined && this.#visit.isAsked && this.#visit.record !== undefined;
  }

  get isNew(): boolean {
    const visit = this.#asked();
    this.#record(visit);
    return visit.isFresh;
  }

  async load(): Promise<this> {
    await this.#asked().load();
    return this;
  }

  get(key: string): unknown {
    const value = this.#read().values.get(key);
    return value === undefined ? undefined : copyOfJson(value, key);
  }

  has(key: string): boolean {
    return this.#read().values.has(key);
  }

  keys(): string[] {
    return [...this.#read().values.keys()];
  }

  set(key: string, value: unknown): void {
    checkKey(key);
    if (value === undefined) {
      this.delete(key);
      return;
    }
    const { values } = this.#read();
    const copy = copyOfJson(value, key);
    if (typeof copy !== "object" && values.get(key) === copy) return;
    values.set(key, copy);
    this.#asked().change();
  }

  delete(key: string): void {
    if (this.#read().values.delete(key)) this.#asked().change();
  }

  flash(key: string, message: unknown): void {
    checkKey(key);
    const { flashes } = this.#read();
    const copy = copyOfJson(message, key);
    const messages = flashes.get(key);
    if (messages === undefined) flashes.set(key, [copy]);
    else messages.push(copy);
    this.#asked().change();
  }

  takeFlash(key: string): unknown[] {
    const { flashes } = this.#read();
    const messages = flashes.get(key);
    if (messages === undefined) return [];
    flashes.delete(key);
    this.#asked().change();
    return messages;
  }

  regenerate(): Promise<void> {
    return this.#asked().regenerate();
  }

  destroy(): Promise<void> {
    return this.#asked().destroy();
  }

  #asked(): Visit {
    this.#visit ??= new Visit(this.#request, this.#settings);
    this.#visit.isAsked = true;
    return this.#visit;
  }

  #read(): SessionRecord {
    return this.#record(this.#asked());
  }

  #record({ record }: Visit): SessionRecord {
    if (record !== undefined) return record;
    throw new UwsgiError('the session is not loaded: await session.load() before, or use the option load: "eager"', {
      code: "UWSGI_SESSION_NOT_LOADED",
    });
  }
}

function checkKey(key: unknown): void {
  if (typeof key === "string") return;
  throw typeError("UWSGI_INVALID_ARGUMENT", `session: a key is ${typeof key}, text is needed`);
}
