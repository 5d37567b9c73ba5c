/** A client with cookies, and a middleware whose time is set by hand. */
import { parseSetCookie, type SetCookie } from "cookie";
import { type AppRequest, type Handler, type Session, sessionOf, surround } from "../../../src/handler/index.ts";
import { session, type SessionMiddleware, type SessionOptions } from "../../../src/middleware/session/index.ts";
import { inject } from "../../../src/testing/index.ts";

export const KEY = "a secret that is long enough: 0123456789";
export const OTHER_KEY = "another secret, as long as is needed 987";

export type Answered = Awaited<ReturnType<typeof inject>>;

/** What a request does with its session; its answer is the text, or the JSON, of what comes of it. */
export type Deed = (session: Session, request: AppRequest) => unknown;

/** A clock that stands still until it is told to go on. */
export class Clock {
  ms: number = Date.UTC(2030, 0, 1);
  readonly now = (): number => this.ms;

  pass(seconds: number): void {
    this.ms += seconds * 1_000;
  }
}

/** An application behind the middleware, and a browser. */
export class Site {
  readonly clock: Clock;
  readonly middleware: SessionMiddleware;
  /** What the browser has, by name. */
  readonly jar = new Map<string, string>();
  scheme: "http" | "https" = "https";
  /** Without `load`, for those that do it by themselves. */
  isBare = false;
  last: Answered | undefined;

  constructor(options: SessionOptions = { keys: [KEY] }, clock: Clock = new Clock()) {
    this.clock = clock;
    this.middleware = session({ now: clock.now, ...options });
  }

  /** Another browser, or another machine with the same clock. */
  other(options?: SessionOptions): Site {
    const site = new Site(options, this.clock);
    site.scheme = this.scheme;
    return site;
  }

  /** A browser that has the same cookies. */
  copyOf(site: Site): this {
    for (const [name, value] of site.jar) this.jar.set(name, value);
    return this;
  }

  /** Does something with the session of a request; resolves with what the deed gave. */
  async do(deed: Deed, cookie?: string): Promise<unknown> {
    const answer = await this.ask(deed, cookie);
    if (answer.status !== 200) throw answer.errors[0];
    const text = answer.text();
    return text === "" ? undefined : JSON.parse(text);
  }

  async ask(deed: Deed, cookie: string | undefined = this.header): Promise<Answered> {
    const application: Handler = async (request) => {
      const found = sessionOf(request.environ);
      if (found === undefined) throw new Error("there is no session");
      if (!this.isBare) await found.load();
      const value = await deed(found, request);
      if (isResponse(value)) return value;
      return { status: 200, headers: [["Content-Type", "application/json"]], body: JSON.stringify(value) ?? "" };
    };
    return this.answer(application, cookie);
  }

  async answer(application: Handler, cookie: string | undefined = this.header): Promise<Answered> {
    const answer = await inject(surround(application, [this.middleware]), {
      interface: "handler",
      scheme: this.scheme,
      headers: cookie === undefined || cookie === "" ? [] : [["Cookie", cookie]],
    });
    this.last = answer;
    for (const { name, value, maxAge } of cookiesSet(answer)) {
      if (maxAge === 0) this.jar.delete(name);
      else this.jar.set(name, value ?? "");
    }
    return answer;
  }

  get header(): string {
    return [...this.jar].map(([name, value]) => `${name}=${value}`).join("; ");
  }
}

type Response = Awaited<ReturnType<Handler>>;

function isResponse(value: unknown): value is Response {
  return typeof value === "object" && value !== null && "status" in value && "headers" in value;
}

export function cookiesSet(answer: Answered | undefined): SetCookie[] {
  return valuesOf(answer, "set-cookie").map((value) => parseSetCookie(value));
}

/** All values of a header; the name in lower case. */
export function valuesOf(answer: Answered | undefined, name: string): string[] {
  return (answer?.headers ?? []).filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);
}
