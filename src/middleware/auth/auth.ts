/** The middleware: who is not known gets no further, who is known is named to the application. */
import { encodeUtf8, type Environ } from "../../environ/index.ts";
import {
  type AppRequest,
  type AppResponse,
  type Handler,
  type Identity,
  type Middleware,
  onResponse,
  titled,
  whenThere,
} from "../../handler/index.ts";
import { flag, hook, listOf, type OptionRule, optionRule, readOptions, secret, text } from "../read-options.ts";
import { plainAnswer, refusalAnswer } from "./answers.ts";
import { any, isAuthenticator } from "./any.ts";
import { type Authenticator, Refused, type Verdict } from "./authenticator.ts";
import { basic, type BasicOptions } from "./basic.ts";
import { bearer, type BearerOptions } from "./bearer.ts";
import { form, type FormOptions } from "./form.ts";
import { frontEnd, type FrontEndOptions } from "./front-end.ts";
import { Throttle } from "./throttle.ts";
import { isName } from "./user-name.ts";

/** Who is let in. */
export interface AuthOptions {
  /** Lets in those too who have no credentials, as nobody. Wrong credentials are refused all the same. Default false. */
  readonly optional?: boolean;
  /** The names of those who are let in; all others get a 403. Default: everybody who is known. */
  readonly allow?: readonly string[];
  /** Says who is let in, behind `allow`; all others get a 403. It is not asked about nobody. */
  readonly authorize?: (identity: Identity, request: AppRequest) => boolean | Promise<boolean>;
  /** Hears of credentials that were refused, for a log of its own. */
  readonly onRefused?: (refused: Refused, request: AppRequest) => void;
}

/** The same with what makes the authenticators, as a configuration file can say it. They are asked in this order. */
export interface AuthConfiguration extends AuthOptions {
  readonly frontEnd?: FrontEndOptions;
  readonly basic?: BasicOptions;
  readonly bearer?: BearerOptions;
  readonly form?: FormOptions;
}

/**
 * Lets in who is known by `how`: an authenticator, any of a list, or what makes them. The application finds the
 * identity in `uisge.user` (`req.user`, `env.user`), the name in REMOTE_USER and the scheme in AUTH_TYPE.
 *
 * Both vars, where the front end has sent them, are gone unless `frontEnd` was asked for: nginx's `$remote_user` is what
 * a client claims. To an answer for who is known `Cache-Control: private` is added, unless the application has said
 * who may keep it (`public`, `no-store`...).
 *
 * Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) for options that cannot be.
 */
export function auth(
  how: Authenticator | readonly Authenticator[] | AuthConfiguration,
  options: AuthOptions = {},
): Middleware {
  const { by, settings } = readHow(how, options);
  return titled("auth", (next) => {
    const guard = new Guard(by, settings, next);
    return (request) => guard.answer(request);
  });
}

interface Settings {
  readonly optional: boolean;
  readonly allow: readonly string[] | undefined;
  readonly authorize: AuthOptions["authorize"];
  readonly onRefused: AuthOptions["onRefused"];
}

const policyRules = {
  optional: flag({ or: false }),
  allow: listOf(text({ needed: "the name of a user" })),
  authorize: hook<NonNullable<AuthOptions["authorize"]>>(),
  onRefused: hook<NonNullable<AuthOptions["onRefused"]>>(),
};

/** Read by those whose options they are. */
const configurationRules = {
  ...policyRules,
  frontEnd: given<FrontEndOptions>(),
  basic: given<BasicOptions>(),
  bearer: given<BearerOptions>(),
  form: given<FormOptions>(),
};

function given<Options>(): OptionRule<Options | undefined> {
  return secret(optionRule("an object with options", (value) => typeof value === "object" && value !== null));
}

function readHow(
  how: Authenticator | readonly Authenticator[] | AuthConfiguration,
  options: AuthOptions,
): { readonly by: Authenticator; readonly settings: Settings } {
  if (Array.isArray(how)) {
    return { by: any(...(how as readonly Authenticator[])), settings: readOptions("auth", options, policyRules) };
  }
  if (isAuthenticator(how)) return { by: how, settings: readOptions("auth", options, policyRules) };
  const read = readOptions("auth", { ...(how as AuthConfiguration), ...options }, configurationRules);
  const made: Authenticator[] = [];
  // Who guesses at both has one number of tries.
  const throttle = new Throttle();
  if (read.frontEnd !== undefined) made.push(frontEnd(read.frontEnd));
  if (read.basic !== undefined) made.push(basic({ throttle, ...read.basic }));
  if (read.bearer !== undefined) made.push(bearer(read.bearer));
  if (read.form !== undefined) made.push(form({ throttle, ...read.form }));
  return { by: any(...made), settings: read };
}

/** The middleware around one application. */
class Guard {
  private readonly by: Authenticator;
  private readonly settings: Settings;
  private readonly allowed: ReadonlySet<string> | undefined;
  private readonly next: Handler;

  constructor(by: Authenticator, settings: Settings, next: Handler) {
    this.by = by;
    this.settings = settings;
    this.allowed = settings.allow === undefined ? undefined : new Set(settings.allow);
    this.next = next;
  }

  answer(request: AppRequest): AppResponse | Promise<AppResponse> {
    const own = this.by.answer?.(request);
    if (own !== undefined) return own;
    return whenThere(this.by.authenticate(request), (verdict) => this.decide(request, verdict));
  }

  private decide(request: AppRequest, verdict: Verdict): AppResponse | Promise<AppResponse> {
    // Behind the authenticators: what the front end says is for one of them.
    forget(request.environ);
    if (verdict === undefined) {
      if (this.settings.optional) return this.next(request);
      return this.by.invite?.(request) ?? refusalAnswer(this.by, request, undefined);
    }
    if (verdict instanceof Refused) return this.refuse(request, verdict);
    if (!isName(verdict.name)) {
      return this.refuse(request, new Refused({ scheme: verdict.scheme, why: "the name cannot be one" }));
    }
    return whenThere(this.mayPass(verdict, request), (mayPass) =>
      mayPass ? this.pass(request, verdict) : plainAnswer(403),
    );
  }

  private refuse(request: AppRequest, refused: Refused): AppResponse {
    this.settings.onRefused?.(refused, request);
    return refusalAnswer(this.by, request, refused);
  }

  private mayPass(identity: Identity, request: AppRequest): boolean | Promise<boolean> {
    if (this.allowed !== undefined && !this.allowed.has(identity.name)) return false;
    const { authorize } = this.settings;
    if (authorize === undefined) return true;
    // Whatever is not plainly true keeps out.
    return whenThere<unknown, boolean>(authorize(identity, request), (answer) => answer === true);
  }

  private pass(request: AppRequest, identity: Identity): AppResponse | Promise<AppResponse> {
    const { environ } = request;
    environ["uisge.user"] = identity;
    environ.REMOTE_USER = encodeUtf8(identity.name);
    environ.AUTH_TYPE = identity.scheme;
    return onResponse(this.next(request), (response) => (request.isUpgraded ? response : keptPrivate(response)));
  }
}

/** What was said of the user elsewhere. Only where it is there: an object from which nothing was deleted is faster. */
function forget(environ: Environ): void {
  if (environ.REMOTE_USER !== undefined) delete environ.REMOTE_USER;
  if (environ.AUTH_TYPE !== undefined) delete environ.AUTH_TYPE;
  if (environ["uisge.user"] !== undefined) delete environ["uisge.user"];
}

/**
 * Shared caches keep no answer to a request with Authorization (RFC 9111 3.5), but they know nothing of cookies and
 * certificates; and the one of nginx knows nothing of that either. `max-age` alone does not say who may keep it.
 */
function keptPrivate(response: AppResponse): AppResponse {
  if (saysWhoKeeps(response)) return response;
  return { ...response, headers: [...response.headers, ["Cache-Control", "private"]] };
}

function saysWhoKeeps({ headers }: AppResponse): boolean {
  return headers.some(([name, value]) => name.toLowerCase() === "cache-control" && KEEPERS.test(value));
}

const KEEPERS = /(?:^|[\s,])(?:public|private|no-store|s-maxage)(?![\w-])/i;
