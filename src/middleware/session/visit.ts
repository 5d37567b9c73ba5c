/** A session in one request: read when it is asked for, kept when the head of the answer leaves. */
import { contractError, UwsgiError } from "../../errors.ts";
import { schemeOf } from "../../environ/index.ts";
import { type AppRequest, type AppResponse, discard } from "../../handler/index.ts";
import { answerWithCookie, readAnswer } from "./answer-headers.ts";
import { cookieName, cookiesOf, setCookie } from "./cookie.ts";
import { endOf, isDue } from "./lifetime.ts";
import type { Settings } from "./options.ts";
import { isEmpty, newRecord, type SessionRecord } from "./record.ts";
import { type Step, stepOf } from "./step.ts";

const ENDED = "another request has ended it meanwhile";

export class Visit {
  /** The application has asked for something in it. */
  isAsked = false;
  /** Undefined until it has been read. */
  record: SessionRecord | undefined;
  readonly #request: AppRequest;
  readonly #settings: Settings;
  readonly #isSecure: boolean;
  readonly #name: string;
  readonly #cookies: readonly string[];
  #loading: Promise<void> | undefined;
  /** The cookie that was worth something. */
  #cameWith: string | undefined;
  /** The same, as long as the session keeps this identity. */
  #identity: string | undefined;
  #isChanged = false;
  /** Another request has ended what the cookie names. */
  #isEnded = false;
  /** What it came with has been ended. */
  #isRemoved = false;
  #hasLeft = false;
  #isLossLogged = false;

  constructor(request: AppRequest, settings: Settings) {
    const { environ } = request;
    this.#request = request;
    this.#settings = settings;
    this.#isSecure = settings.isSecureOnly || schemeOf(environ) === "https";
    this.#name = cookieName(settings.cookie, this.#isSecure);
    this.#cookies = cookiesOf(environ.HTTP_COOKIE, this.#name);
    // Read already, for there is nothing to read.
    if (settings.isEager && this.#cookies.length === 0) this.record = newRecord(settings.now());
  }

  /** True for a session that the client does not know yet. */
  get isFresh(): boolean {
    return this.#identity === undefined;
  }

  load(): Promise<void> {
    return (this.#loading ??= this.#read());
  }

  change(): void {
    this.#isChanged = true;
    if (this.#hasLeft) this.#logLoss("it was changed behind the head of the answer");
  }

  /** At once where it has been read already: who forgets to wait is not left with the old identity. */
  async regenerate(): Promise<void> {
    if (this.record === undefined) await this.load();
    if (this.#hasLeft) throw contractError("session.regenerate() came behind the head of the answer");
    const { record } = this;
    if (record === undefined) return;
    const now = this.#settings.now();
    this.#isEnded = false;
    this.#identity = undefined;
    this.record = { ...record, began: now, touched: now };
  }

  /** As `regenerate`; only the store has to be waited for. */
  async destroy(): Promise<void> {
    if (this.record === undefined) await this.load();
    const { keeper, now } = this.#settings;
    if (this.#hasLeft && !keeper.isStored) throw contractError("session.destroy() came behind the head of the answer");
    this.#isEnded = false;
    this.#identity = undefined;
    this.record = newRecord(now());
    await this.#remove();
  }

  /** Keeps what has to be kept. Rejects with what the application's own answer is to be replaced by. */
  leave(response: AppResponse): AppResponse | Promise<AppResponse> {
    this.#hasLeft = true;
    let step = this.#step();
    if (step === "lose") {
      this.#logLoss(ENDED);
      step = "none";
    }
    if (this.#request.isUpgraded) return step === "none" ? response : this.#leaveUpgraded(step, response);
    if (step === "none") return this.isAsked ? readAnswer(response) : response;
    return this.#finish(step, response);
  }

  async #read(): Promise<void> {
    if (this.record !== undefined) return;
    const { keeper, now } = this.#settings;
    const faults: string[] = [];
    for (const cookie of this.#cookies) {
      const { record, isEnded, fault } = await keeper.find(cookie, this.#name, now());
      if (isEnded === true) this.#isEnded = true;
      if (fault !== undefined) faults.push(fault);
      if (record === undefined) continue;
      this.record = record;
      this.#cameWith = this.#identity = cookie;
      this.#isEnded = false;
      return;
    }
    this.record = newRecord(now());
    if (faults.length > 0) this.#log(`the cookie ${this.#name} is not believed: ${faults.join("; ")}`);
  }

  #step(): Step {
    const { record } = this;
    if (record === undefined) return "none";
    const { lifetime, now } = this.#settings;
    return stepOf({
      isEmpty: isEmpty(record),
      isChanged: this.#isChanged,
      isFresh: this.isFresh,
      hasCookie: this.#cookies.length > 0,
      isEnded: this.#isEnded,
      isAsked: this.isAsked,
      isDue: isDue(record, lifetime, now()),
    });
  }

  async #finish(step: Step, response: AppResponse): Promise<AppResponse> {
    let cookie: string | undefined;
    try {
      cookie = step === "clear" ? await this.#clear() : await this.#keep(step === "renew");
    } catch (error) {
      // The reason why it is not sent counts for more than what its clean-up says.
      await discard(response).catch((second: unknown) => this.#log(`in close() of the answer: ${String(second)}`));
      throw error;
    }
    if (cookie !== undefined) return answerWithCookie(response, cookie);
    return this.isAsked ? readAnswer(response) : response;
  }

  async #clear(): Promise<string> {
    await this.#remove();
    return setCookie(this.#settings.cookie, this.#isSecure, "", 0);
  }

  /** Resolves with the header for the client, undefined where it need not be told. */
  async #keep(isRenewal: boolean): Promise<string | undefined> {
    const { record, isFresh } = this;
    if (record === undefined) return undefined;
    const { keeper, lifetime, now, cookie, isPersistent } = this.#settings;
    const isExtended = isFresh || !keeper.isStored || isDue(record, lifetime, now());
    if (isExtended) record.touched = now();
    const seconds = Math.max(1, endOf(record, lifetime) - now());
    const value = await keeper.keep(record, this.#name, this.#identity, { isRenewal, seconds });
    if (value === undefined) {
      if (!isRenewal) this.#logLoss(ENDED);
      return undefined;
    }
    if (isFresh) await this.#remove();
    const isNews = isFresh || !keeper.isStored || (isExtended && isPersistent);
    return isNews ? this.#fit(setCookie(cookie, this.#isSecure, value, isPersistent ? seconds : undefined)) : undefined;
  }

  /** Ends what the request came with. */
  async #remove(): Promise<void> {
    if (this.#cameWith === undefined || this.#isRemoved) return;
    await this.#settings.keeper.remove(this.#cameWith, this.#name);
    this.#isRemoved = true;
  }

  #fit(cookie: string): string {
    const { maxCookieBytes } = this.#settings;
    if (cookie.length <= maxCookieBytes) return cookie;
    throw new UwsgiError(
      `a session needs a cookie of ${cookie.length} bytes, at most ${maxCookieBytes} are allowed (maxCookieBytes): ` +
        "keep less in it, or give it a store",
      { code: "UWSGI_SESSION_LIMIT" },
    );
  }

  /** The head has been sent by the application itself: no cookie can be. */
  async #leaveUpgraded(step: Step, response: AppResponse): Promise<AppResponse> {
    if (this.#settings.keeper.isStored && !this.isFresh && step !== "clear") {
      await this.#keep(step === "renew").catch((error: unknown) => this.#logLoss(String(error)));
    } else if (step === "keep") {
      this.#logLoss("the connection was upgraded");
    }
    return response;
  }

  #logLoss(why: string): void {
    if (this.#isLossLogged) return;
    this.#isLossLogged = true;
    this.#log(`what was changed in it is lost: ${why}`);
  }

  #log(text: string): void {
    this.#request.log(`session: ${text}`);
  }
}
