/** The contract of whatever finds out who a client is. */
import type { AppRequest, AppResponse, Identity } from "../../handler/index.ts";

/**
 * What came of looking: who it is; `Refused` where there are credentials that are not good; undefined where the request
 * has no credentials of this kind.
 */
export type Verdict = Identity | Refused | undefined;

/** Finds out who a client is, by one kind of credentials. */
export interface Authenticator {
  /** AUTH_TYPE of those whom it knows. */
  readonly scheme: string;
  /** Never throws, or rejects, for what a client can send. */
  authenticate(request: AppRequest): Verdict | Promise<Verdict>;
  /**
   * What a 401 says in WWW-Authenticate (RFC 9110 11.6.1), one value for each line. `refused`: the credentials that
   * were not good, perhaps of another scheme; undefined where there were none.
   */
  challenge?(request: AppRequest, refused: Refused | undefined): readonly string[];
  /** Answers requests that are for itself, such as those for a login page; undefined for all others. */
  answer?(request: AppRequest): AppResponse | Promise<AppResponse> | undefined;
  /** Answers those without credentials in the place of a 401; undefined for whom the 401 is right. */
  invite?(request: AppRequest): AppResponse | undefined;
}

export interface RefusedOptions {
  /** The scheme of the credentials. */
  readonly scheme: string;
  /** For logs and hooks, never for the client: what was wrong. */
  readonly why: string;
  /** Default 401. */
  readonly status?: 401 | 403 | 429 | 503;
  /** When it may be worth to try again. */
  readonly retryAfterSeconds?: number;
  /** What the challenge of the scheme says besides its realm. */
  readonly params?: Readonly<Record<string, string>>;
}

/** Credentials that are not good. */
export class Refused {
  readonly scheme: string;
  readonly why: string;
  readonly status: 401 | 403 | 429 | 503;
  readonly retryAfterSeconds: number | undefined;
  readonly params: Readonly<Record<string, string>>;

  constructor({ scheme, why, status = 401, retryAfterSeconds, params = {} }: RefusedOptions) {
    this.scheme = scheme;
    this.why = why;
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds;
    this.params = params;
  }
}
