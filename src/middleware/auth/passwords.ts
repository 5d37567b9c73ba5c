/**
 * Names and passwords, checked: what `basic` and `form` have in common.
 *
 * A name that nobody has costs as much as a wrong password, and is answered the same. An attempt passes, in this
 * order: the throttle, what was good a moment ago, the queue of what is computed, the hash.
 */
import { remoteOf } from "../../environ/index.ts";
import { typeError } from "../../errors.ts";
import { type AppRequest, type Identity, whenThere } from "../../handler/index.ts";
import { hook, type OptionRule, optionRule, readOptions, secret, text, wholeNumber } from "../read-options.ts";
import { Refused } from "./authenticator.ts";
import { HtpasswdFile } from "./htpasswd-file.ts";
import { Throttle, type ThrottleOptions } from "./throttle.ts";
import { isName } from "./user-name.ts";
import { type UserList, usersOf } from "./user-list.ts";
import { VerifiedCache } from "./verified-cache.ts";
import { WorkQueue } from "./work-queue.ts";

/** Who the users are. Exactly one of the first three has to be there. */
export interface PasswordOptions {
  /** Names and hashes, of the kinds that htpasswd makes: bcrypt, `$apr1$`, `$5$`, `$6$`, `{SHA}`. */
  readonly users?: Readonly<Record<string, string>>;
  /** Path of a file that Apache's htpasswd has made. It is read now, and again when it has changed. */
  readonly htpasswd?: string;
  /** Says whether the password is right; an object is that too, and what it says is `claims` of the identity. */
  readonly verify?: VerifyPassword;
  /**
   * How long good credentials are remembered, so that their hash is not computed at each request. Default 60, and 0,
   * which is never, with `verify`. Only `basic` asks for it.
   */
  readonly cacheSeconds?: number;
  /** How failed attempts are slowed down; a `Throttle` may be shared; false: not at all. Default: as `ThrottleOptions` say. */
  readonly throttle?: ThrottleOptions | Throttle | false;
  /** @internal Milliseconds of a clock that only goes forward. */
  readonly now?: () => number;
}

export type VerifyPassword = (name: string, password: string, request: AppRequest) => Verified | PromiseLike<Verified>;

type Verified = boolean | Readonly<Record<string, unknown>>;

/** The rules for the options, for those who have them among their own. */
export const passwordRules: {
  readonly [Name in keyof Required<PasswordOptions>]: OptionRule<PasswordOptions[Name] | undefined>;
} = {
  users: secret(optionRule("an object of names and hashes", isPlainObject)),
  htpasswd: secret(text({ needed: "the path of a file" })),
  verify: secret(hook<VerifyPassword>()),
  cacheSeconds: wholeNumber({ most: 86_400 }),
  throttle: throttleRule(),
  now: hook<() => number>(),
};

function throttleRule(): OptionRule<ThrottleOptions | Throttle | false | undefined> {
  return optionRule("an object with options, a Throttle or false", (value) => value === false || isPlainObject(value));
}

function isPlainObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** So many hashes are computed at a time: Node has four threads for that, and files want some too. */
const MOST_AT_ONCE = 2;
/** So many wait; at a tenth of a second each the last of them waits for some seconds. */
const MOST_WAITING = 64;
const BUSY_SECONDS = 5;

/** Longer ones are nobody's: some hashes take as long as the square of this. In bytes of UTF-8. */
const MOST_PASSWORD = 1_024;

export class Passwords {
  private readonly scheme: string;
  private readonly list: UserList | HtpasswdFile | undefined;
  private readonly ask: VerifyPassword | undefined;
  private readonly cache: VerifiedCache;
  private readonly throttle: Throttle | undefined;
  private readonly queue = new WorkQueue(MOST_AT_ONCE, MOST_WAITING);
  /** What is being checked, by credentials: many requests of one client are one attempt. */
  private readonly underWay = new Map<string, Promise<Identity | Refused>>();
  private readonly now: () => number;

  /** Throws a TypeError (`UWSGI_INVALID_ARGUMENT`). */
  constructor(scheme: string, options: PasswordOptions) {
    const { users, htpasswd, verify, cacheSeconds, throttle = {}, now = () => performance.now() } = options;
    const given = [users, htpasswd, verify].filter((one) => one !== undefined).length;
    if (given !== 1) {
      const seen = given === 0 ? "none of them is there" : `${given} of them are there`;
      throw typeError("UWSGI_INVALID_ARGUMENT", `auth: one of users, htpasswd and verify says who is known, ${seen}`);
    }
    this.scheme = scheme;
    this.now = now;
    this.ask = verify;
    if (users !== undefined) this.list = usersOf(users);
    if (htpasswd !== undefined) this.list = new HtpasswdFile(htpasswd, now());
    this.cache = new VerifiedCache((cacheSeconds ?? (verify === undefined ? 60 : 0)) * 1_000);
    this.throttle = throttleOf(throttle);
  }

  /** Who has this name and password. Rejects with what `verify` throws, and where a hash needs a package that is missing. */
  check(name: string, password: string, request: AppRequest): Identity | Refused | Promise<Identity | Refused> {
    if (!isName(name) || Buffer.byteLength(password) > MOST_PASSWORD || password.includes("\0")) {
      return this.refused("no name and password that somebody could have");
    }
    const address = remoteOf(request.environ).address;
    const waitMs = this.throttle?.waitMs(name, address, this.now()) ?? 0;
    if (waitMs > 0) return this.refused("too many failures", 429, waitMs / 1_000);
    return whenThere(this.users(request), (list) => this.checkIn(list, name, password, request));
  }

  /**
   * A text that changes with the user's password, "" where it cannot be known; undefined for a user who is no longer
   * there.
   */
  markOf(name: string, request: AppRequest): string | undefined | Promise<string | undefined> {
    return whenThere(this.users(request), (list) => (list === undefined ? "" : list.find(name)?.mark));
  }

  private users(request: AppRequest): UserList | undefined | Promise<UserList> {
    const { list } = this;
    return list instanceof HtpasswdFile ? list.users(this.now(), (line) => request.log(line)) : list;
  }

  private checkIn(
    list: UserList | undefined,
    name: string,
    password: string,
    request: AppRequest,
  ): Identity | Refused | Promise<Identity | Refused> {
    const hash = list?.find(name)?.hash;
    const key = this.cache.keyOf(name, password, hash?.text ?? "");
    const known = this.cache.get(key, this.now());
    if (known !== undefined) return known;
    const same = this.underWay.get(key);
    if (same !== undefined && this.ask === undefined) return same;
    if (same !== undefined && this.throttle !== undefined) return this.checkBehind(same, key, name, password, request);
    const attempt = new Attempt(name, request, this.throttle, this.now);
    const checking = this.queue.run<Verified>(() => {
      if (this.ask !== undefined) return this.ask(name, password, request);
      // Of nobody's hash it is never the right password.
      return whenThere((hash ?? list?.decoy)?.verify(password) ?? false, (isRight) => isRight && hash !== undefined);
    });
    if (checking === undefined) return this.tooBusy();
    attempt.begin();
    const outcome = this.settle(checking, attempt, key).finally(() => this.underWay.delete(key));
    this.underWay.set(key, outcome);
    return outcome;
  }

  /**
   * What a hook is asked may depend on the request, such as a second factor in it: so each is asked for. But where the
   * attempt before has failed, this is one more, and begins anew; where it was good, only a failure counts.
   */
  private async checkBehind(
    same: Promise<Identity | Refused>,
    key: string,
    name: string,
    password: string,
    request: AppRequest,
  ): Promise<Identity | Refused> {
    // What it rejects with is told where it was asked for.
    const before = await same.catch(() => undefined);
    if (before === undefined || before instanceof Refused) return this.check(name, password, request);
    const checking = this.queue.run<Verified>(() => this.ask?.(name, password, request) ?? false);
    if (checking === undefined) return this.tooBusy();
    return this.settle(checking, new Attempt(name, request, this.throttle, this.now), key);
  }

  private async settle(checking: Promise<Verified>, attempt: Attempt, key: string): Promise<Identity | Refused> {
    let verified: Verified;
    try {
      verified = await checking;
    } catch (error) {
      attempt.takeBack();
      throw error;
    }
    // Whatever else a hook answers keeps out.
    const claims = isPlainObject(verified) ? (verified as Readonly<Record<string, unknown>>) : undefined;
    if (verified !== true && claims === undefined) {
      attempt.begin();
      return this.refused("wrong name or password");
    }
    attempt.succeed();
    const identity = { name: attempt.name, scheme: this.scheme, ...(claims === undefined ? {} : { claims }) };
    this.cache.keep(key, identity, this.now());
    return identity;
  }

  private tooBusy(): Refused {
    return this.refused("too many are being checked", 503, BUSY_SECONDS);
  }

  private refused(why: string, status?: 429 | 503, retryAfterSeconds?: number): Refused {
    return new Refused({
      scheme: this.scheme,
      why,
      ...(status === undefined ? {} : { status }),
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    });
  }
}

/** One attempt, as the throttle sees it. */
class Attempt {
  readonly name: string;
  private readonly address: string | undefined;
  private readonly throttle: Throttle | undefined;
  private readonly now: () => number;
  private isBegun = false;

  constructor(name: string, request: AppRequest, throttle: Throttle | undefined, now: () => number) {
    this.name = name;
    this.address = remoteOf(request.environ).address;
    this.throttle = throttle;
    this.now = now;
  }

  /** Counts as a failure from now on, once. */
  begin(): void {
    if (this.isBegun) return;
    this.isBegun = true;
    this.throttle?.begin(this.name, this.address, this.now());
  }

  succeed(): void {
    if (this.isBegun) this.throttle?.succeed(this.name, this.address, this.now());
  }

  takeBack(): void {
    if (this.isBegun) this.throttle?.takeBack(this.name, this.address, this.now());
  }
}

function throttleOf(given: ThrottleOptions | Throttle | false): Throttle | undefined {
  if (given === false) return undefined;
  return given instanceof Throttle ? given : new Throttle(readOptions("auth throttle", given, throttleRules));
}

const throttleRules = {
  failures: wholeNumber({ least: 1, or: 5 }),
  addressFailures: wholeNumber({ least: 1, or: 20 }),
  mostDelaySeconds: wholeNumber({ least: 1, most: 86_400, or: 900 }),
  entries: wholeNumber({ least: 1, or: 10_000 }),
};
