/** What a rule is: which packets it is for, and what is done with them. As a program writes it, and as JSON has it. */

/** Which packets: all that is named must hold; of several values of one name any. Text is compared as UTF-8. */
export interface Conditions {
  /**
   * HTTP_HOST, else SERVER_NAME, in any case, without a dot at its end. `example.com`: with any port;
   * `example.com:8080`: with that one; `*.example.com`: all names below it, not itself.
   */
  readonly host?: string | readonly string[];
  /**
   * SCRIPT_NAME and PATH_INFO together, decoded as front ends send them, slashes merged. `/api`: that path and all
   * below it; `/api/`: only what is below; `=/api`: only that path; with a `*`, which stands for any characters,
   * slashes too, the whole path must be like that: `/api/*`, `*.php`.
   */
  readonly path?: string | readonly string[];
  /** REQUEST_METHOD, in upper case as clients send it. */
  readonly method?: string | readonly string[];
  /** As uWSGI's fastrouter: UWSGI_FASTROUTER_KEY, else HTTP_HOST, else SERVER_NAME, to the letter. */
  readonly key?: string | readonly string[];
  readonly modifier1?: number | readonly number[];
  readonly modifier2?: number | readonly number[];
  /** Any vars by their names; see `VarCondition`. */
  readonly vars?: { readonly [name: string]: VarCondition };
}

/** `true`: there is such a var; a string: it has this value; `prefix`: its value begins so. Of a list any. */
export type VarCondition = true | VarValue | readonly VarValue[];

export type VarValue = string | { readonly prefix: string };

/**
 * What becomes of variables by which uWSGI runs code and reads files (`loaderVars` of `uisge/environ`). `strip`: they
 * are taken out, the rest goes on; `refuse`: the packet is refused; `pass`: they go on, to a server that trusts the
 * peers of this router with a shell.
 */
export type LoaderVars = "strip" | "refuse" | "pass";

/** One rule. Exactly one of `to`, `answer` and `close`; the changes beside them are for `to`. */
export interface Rule {
  /** For logs and explanations. Default none: the rule is named by its number. */
  readonly name?: string;
  /** All of these must hold. Default: nothing must, the rule is for all packets. */
  readonly when?: Conditions;
  /** None of these may hold. Default none. */
  readonly unless?: Conditions;

  /** Forwards the packet: to the name of an upstream, or to one of these addresses in turn. */
  readonly to?: string | readonly string[];
  /** Answers with this status, 200 to 599, and a line of text. What is not answered by HTTP is closed. */
  readonly answer?: number;
  /** Closes without an answer. */
  readonly close?: true;

  /** 0-255; default that of the packet. */
  readonly modifier1?: number;
  /** 0-255; default that of the packet. */
  readonly modifier2?: number;
  /** Vars that get a value, in the place of those with the same name; text goes out as UTF-8. */
  readonly set?: { readonly [name: string]: string };
  /** Vars that are taken out. */
  readonly remove?: string | readonly string[];
  /** A path such as `/api` that is moved from PATH_INFO to SCRIPT_NAME, for an application that is mounted there. */
  readonly mount?: string;
  /** Default `strip`. */
  readonly loaderVars?: LoaderVars;
  /** True: takes X-Accel-*, X-Sendfile and their like out of answers, for servers that are not trusted with them. */
  readonly stripAccel?: boolean;
}
