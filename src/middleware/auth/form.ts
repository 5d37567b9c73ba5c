/**
 * A login page, on top of the session.
 *
 * The session middleware stands outside of it. What is kept there is who has logged in, when, and a mark of the
 * password: who is no longer among the users, or has another password since, has to log in again.
 */
import { encodePath, routedTargetOf } from "../../environ/index.ts";
import { contractError, typeError } from "../../errors.ts";
import {
  type AppRequest,
  type AppResponse,
  type Identity,
  type Session,
  sessionOf,
  whenThere,
} from "../../handler/index.ts";
import { hook, type OptionRule, readOptions, text, wholeNumber } from "../read-options.ts";
import { plainAnswer, retryAfter, seeOther } from "./answers.ts";
import { type Authenticator, Refused, type Verdict } from "./authenticator.ts";
import { challengeOf } from "./challenge.ts";
import { csrfToken, dropCsrfToken, isCsrfToken } from "./csrf.ts";
import { readForm } from "./form-body.ts";
import { type LoginPage, loginPage, type LoginProblem, pageHeaders } from "./login-page.ts";
import { type PasswordOptions, passwordRules, Passwords } from "./passwords.ts";
import { provenanceOf } from "./request-origin.ts";
import { safeTarget } from "./return-target.ts";

export interface FormOptions extends Omit<PasswordOptions, "cacheSeconds"> {
  /** The page, below the application's mount point. Default `/login`. */
  readonly loginPath?: string;
  /** Where a POST logs out. Default `/logout`. */
  readonly logoutPath?: string;
  /** Where login and logout lead, unless the login came from elsewhere. Default `/`. */
  readonly homePath?: string;
  /** Heading of the page. Default `Log in`. */
  readonly title?: string;
  /** After that long a login has to be made again, however busy its session. Default 43 200, half a day. */
  readonly maxAgeSeconds?: number;
  /** Makes the HTML of a page of one's own. */
  readonly page?: (page: LoginPage, request: AppRequest) => string | Promise<string>;
  /** @internal Milliseconds since 1970. */
  readonly clock?: () => number;
}

const path = (or: string): OptionRule<string> =>
  text({ needed: "a path (/...) without query", accepts: (value) => /^\/(?!\/)[\w./~-]*$/.test(value), or });

const { cacheSeconds: _, ...sharedRules } = passwordRules;

const rules = {
  ...sharedRules,
  loginPath: path("/login"),
  logoutPath: path("/logout"),
  homePath: path("/"),
  title: text({ or: "Log in" }),
  maxAgeSeconds: wholeNumber({ least: 1, or: 43_200 }),
  page: hook<NonNullable<FormOptions["page"]>>(),
  clock: hook<() => number>(),
};

const SCHEME = "Form";

/** Where a session has the login. */
const KEY = "uisge.login";

/** What a session has of a login. */
interface Login {
  readonly name: string;
  /** Seconds since 1970. */
  readonly at: number;
  readonly mark: string;
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** Makes an authenticator with a login page. Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) for options that cannot be. */
export function form(options: FormOptions): Authenticator {
  return new FormLogin(options);
}

class FormLogin implements Authenticator {
  readonly scheme = SCHEME;
  private readonly passwords: Passwords;
  private readonly loginPath: string;
  private readonly logoutPath: string;
  private readonly homePath: string;
  private readonly title: string;
  private readonly maxAgeSeconds: number;
  private readonly page: FormOptions["page"];
  private readonly clock: () => number;

  constructor(options: FormOptions) {
    const read = readOptions("auth form", options, rules);
    this.passwords = new Passwords(SCHEME, { ...read, cacheSeconds: 0 } as PasswordOptions);
    this.loginPath = read.loginPath;
    this.logoutPath = read.logoutPath;
    this.homePath = read.homePath;
    if (new Set([read.loginPath, read.logoutPath, read.homePath]).size < 3) {
      throw typeError("UWSGI_INVALID_ARGUMENT", "auth form: loginPath, logoutPath and homePath have to be three paths");
    }
    this.title = read.title;
    this.maxAgeSeconds = read.maxAgeSeconds;
    this.page = read.page;
    this.clock = read.clock ?? (() => new Date().getTime());
  }

  authenticate(request: AppRequest): Verdict | Promise<Verdict> {
    return whenThere(sessionIn(request), (session) => this.identityIn(session, request));
  }

  /** No registered scheme says "log in on that page"; but a 401 without a challenge is none. */
  challenge(request: AppRequest): readonly string[] {
    return [challengeOf(SCHEME, { realm: this.title, location: placeOf(request, this.loginPath) })];
  }

  answer(request: AppRequest): Promise<AppResponse> | AppResponse | undefined {
    const { PATH_INFO: asked, REQUEST_METHOD: method } = request.environ;
    if (asked === this.logoutPath) {
      return method === "POST" ? this.logout(request) : plainAnswer(405, [["Allow", "POST"]]);
    }
    if (asked !== this.loginPath) return undefined;
    if (method === "POST") return this.login(request);
    if (method === "GET" || method === "HEAD") return this.show(request);
    return plainAnswer(405, [["Allow", "GET, HEAD, POST"]]);
  }

  /** Pages lead to the login; what scripts fetch does not. */
  invite(request: AppRequest): AppResponse | undefined {
    const { environ } = request;
    const { REQUEST_METHOD: method, HTTP_ACCEPT: accept, HTTP_SEC_FETCH_MODE: mode } = environ;
    if (method !== "GET" && method !== "HEAD") return undefined;
    if (typeof accept !== "string" || !/\btext\/html\b/i.test(accept)) return undefined;
    if (mode !== undefined && mode !== "navigate") return undefined;
    const target = safeTarget(routedTargetOf(environ));
    const query = target === undefined ? "" : `?return=${encodeURIComponent(target)}`;
    return seeOther(`${placeOf(request, this.loginPath)}${query}`);
  }

  private identityIn(session: Session, request: AppRequest): Verdict | Promise<Verdict> {
    const login = session.get(KEY) as Login | undefined;
    if (login === undefined) return undefined;
    const age = this.clock() / 1_000 - login.at;
    if (!(age <= this.maxAgeSeconds)) return undefined;
    const identity: Identity = {
      name: login.name,
      scheme: SCHEME,
      ...(login.claims === undefined ? {} : { claims: login.claims }),
    };
    return whenThere(this.passwords.markOf(login.name, request), (mark) =>
      mark === login.mark ? identity : undefined,
    );
  }

  private async show(request: AppRequest): Promise<AppResponse> {
    const session = await sessionIn(request);
    const target = safeTarget(new URLSearchParams(request.environ.QUERY_STRING).get("return"));
    return this.pageAnswer(200, request, session, { target });
  }

  private async login(request: AppRequest): Promise<AppResponse> {
    const session = await sessionIn(request);
    if (provenanceOf(request.environ) === "foreign") return plainAnswer(403);
    const fields = await readForm(request);
    if (typeof fields === "number") return plainAnswer(fields);
    const username = fields.get("username") ?? "";
    const target = safeTarget(fields.get("return"));
    // A login in the name of somebody else is one too: the page of before the login has a token as well.
    if (!isCsrfToken(session, fields.get("csrf"))) {
      return this.pageAnswer(403, request, session, { target, username, problem: "stale" });
    }
    const verdict = await this.passwords.check(username, fields.get("password") ?? "", request);
    if (verdict instanceof Refused) {
      const { status, retryAfterSeconds } = verdict;
      const problem = status === 429 ? "throttled" : status === 503 ? "busy" : "wrong";
      const shown = { target, username, problem, retryAfterSeconds } as const;
      return this.pageAnswer(status === 401 ? 403 : status, request, session, shown);
    }
    const { name, claims } = verdict;
    const mark = (await this.passwords.markOf(name, request)) ?? "";
    const login: Login = {
      name,
      at: Math.floor(this.clock() / 1_000),
      mark,
      ...(claims === undefined ? {} : { claims }),
    };
    await session.regenerate();
    session.set(KEY, login);
    dropCsrfToken(session);
    return seeOther(target ?? placeOf(request, this.homePath));
  }

  private async logout(request: AppRequest): Promise<AppResponse> {
    const session = await sessionIn(request);
    const provenance = provenanceOf(request.environ);
    if (provenance === "foreign") return plainAnswer(403);
    if (provenance === "unknown") {
      const fields = await readForm(request);
      if (typeof fields === "number") return plainAnswer(fields);
      if (!isCsrfToken(session, fields.get("csrf"))) return plainAnswer(403);
    }
    await session.destroy();
    return seeOther(placeOf(request, this.homePath));
  }

  private async pageAnswer(
    status: number,
    request: AppRequest,
    session: Session,
    shown: {
      readonly target: string | undefined;
      readonly username?: string;
      readonly problem?: LoginProblem;
      readonly retryAfterSeconds?: number | undefined;
    },
  ): Promise<AppResponse> {
    const { target, username = "", problem, retryAfterSeconds } = shown;
    const page: LoginPage = {
      title: this.title,
      action: placeOf(request, this.loginPath),
      hidden: { csrf: csrfToken(session), ...(target === undefined ? {} : { return: target }) },
      username,
      problem,
      retryAfterSeconds,
    };
    const body = this.page === undefined ? loginPage(page) : await this.page(page, request);
    return { status, headers: [...pageHeaders(this.page === undefined), ...retryAfter(retryAfterSeconds)], body };
  }
}

/** The session, loaded. Throws an AppError (`UWSGI_APP_CONTRACT`) where there is none. */
function sessionIn({ environ }: AppRequest): Session | Promise<Session> {
  const session = sessionOf(environ);
  if (session === undefined) {
    throw contractError("the form login found no session: put the session middleware before auth, around it");
  }
  return session.isLoaded ? session : session.load();
}

/** A path of the application as the client has to ask for it. Two slashes at its beginning would be another host. */
function placeOf({ environ }: AppRequest, below: string): string {
  return `${encodePath(environ.SCRIPT_NAME)}${below}`.replace(/^\/{2,}/, "/");
}
