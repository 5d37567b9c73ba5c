/** Which requests are meant: a condition as a function, or as an object that a configuration file can hold. */
import { isToken } from "../../codec/index.ts";
import { encodeUtf8, type Environ, schemeOf, varName } from "../../environ/index.ts";
import { contractError, typeError } from "../../errors.ts";
import { isPromiseLike } from "../../handler/index.ts";
import { readingsOf } from "./path-readings.ts";
import { isBelow, readPath } from "./paths.ts";

/**
 * All that is there has to hold. Of a list one has to. A request that can be read in several ways (dot segments, `POST` as
 * `post`, `example.org.`) is meant by `path`, `method` and `host` when one of these is, and by their `not` when one is
 * not: what stands there to protect is there in doubt.
 */
export interface RequestCondition {
  /**
   * `/admin`: this path and all below it, by whole segments. Decoded, and from the root on: SCRIPT_NAME and PATH_INFO
   * together, double slashes merged; with dot segments resolved, and as they are, in REQUEST_URI too.
   */
  readonly path?: string | readonly string[];
  /** As `POST`. HEAD is a method of its own. */
  readonly method?: string | readonly string[];
  /** The host that the client asked for, in any case: `example.org`, any below it (`*.example.org`), or with its port. */
  readonly host?: string | readonly string[];
  /** True: only what the client has asked for by https, as the front end says. False: only what it has not. */
  readonly https?: boolean;
  /** Headers of the request, by name: the value, or true for any that is there, false for none. */
  readonly header?: Readonly<Record<string, string | boolean>>;
  /** This does not hold. */
  readonly not?: Condition;
}

/** True for the requests that are meant. It is asked before they reach an application. */
export type Condition = RequestCondition | ((environ: Environ) => boolean);

type Test = (environ: Environ) => boolean;

/**
 * A condition as a function. `inDoubt`: what it answers where a request can be read in several ways. Throws a TypeError
 * (`UWSGI_INVALID_ARGUMENT`) for what is none.
 */
export function readCondition(condition: unknown, inDoubt = true): Test {
  if (typeof condition === "function") return readFunction(condition as (environ: Environ) => unknown);
  if (typeof condition !== "object" || condition === null || Array.isArray(condition)) {
    throw invalid(`the condition is ${show(condition)}, a function or an object with ${KNOWN} is needed`);
  }
  const tests: Test[] = [];
  for (const [name, value] of Object.entries(condition)) {
    const read = Object.hasOwn(readers, name) ? readers[name as keyof RequestCondition] : undefined;
    if (read === undefined) throw invalid(`the condition has ${JSON.stringify(name)}, there are ${KNOWN}`);
    if (value !== undefined) tests.push(read(value, inDoubt));
  }
  const [first, ...more] = tests;
  if (first === undefined) throw invalid(`the condition is empty, at least one of ${KNOWN} is needed`);
  return more.length === 0 ? first : (environ) => tests.every((holds) => holds(environ));
}

/** A promise would hold always, and its `not` never: what `not` protects would be open. */
function readFunction(condition: (environ: Environ) => unknown): Test {
  return (environ) => {
    const answer = condition(environ);
    if (!isPromiseLike(answer)) return Boolean(answer);
    answer.then(undefined, () => {});
    throw contractError("a condition answered a promise, true or false is needed");
  };
}

const readers: Readonly<Record<keyof RequestCondition, (value: unknown, inDoubt: boolean) => Test>> = {
  path: readPaths,
  method: readMethods,
  host: readHosts,
  https: readHttps,
  header: readHeaders,
  not: (value, inDoubt) => {
    const holds = readCondition(value, !inDoubt);
    return (environ) => !holds(environ);
  },
};

const KNOWN = Object.keys(readers).join(", ");

function readPaths(value: unknown, inDoubt: boolean): Test {
  const paths = textsOf("path", value).map((path) => readPath("path of the condition", path));
  const isMeant = (path: string): boolean => paths.some((prefix) => isBelow(path, prefix));
  return (environ) => {
    const readings = readingsOf(environ);
    return inDoubt ? readings.some(isMeant) : readings.every(isMeant);
  };
}

function readMethods(value: unknown, inDoubt: boolean): Test {
  const methods = textsOf("method", value);
  const wrong = methods.find((method) => !isToken(method) || method !== method.toUpperCase());
  if (wrong !== undefined) throw invalid(`method of the condition is ${show(wrong)}, one like "POST" is needed`);
  return ({ REQUEST_METHOD: method }) =>
    methods.includes(method) || (inDoubt && methods.includes(method.toUpperCase()));
}

function readHosts(value: unknown, inDoubt: boolean): Test {
  const hosts = textsOf("host", value).map((host) => {
    if (!/^(?:\*\.)?[\w.-]+(?::\d+)?$|^\[[\da-f:.]+\](?::\d+)?$/i.test(host)) {
      throw invalid(`host of the condition is ${show(host)}, one like "example.org" or "*.example.org" is needed`);
    }
    return host.toLowerCase();
  });
  return ({ HTTP_HOST: given }) => {
    if (given === undefined || given === "") return false;
    // With a dot at its end it is the same name, for a front end too.
    const whole = inDoubt ? given.toLowerCase().replace(/\.(?=:|$)/, "") : given.toLowerCase();
    const name = whole.replace(/:\d*$/, "");
    return hosts.some((host) => {
      const asked = /:\d+$/.test(host) ? whole : name;
      return host.startsWith("*.") ? asked.length >= host.length && asked.endsWith(host.slice(1)) : asked === host;
    });
  };
}

function readHttps(value: unknown): Test {
  if (typeof value !== "boolean") throw invalid(`https of the condition is ${show(value)}, true or false is needed`);
  return (environ) => (schemeOf(environ) === "https") === value;
}

function readHeaders(value: unknown): Test {
  const headers = typeof value === "object" && value !== null ? Object.entries(value) : [];
  if (headers.length === 0) throw invalid(`header of the condition is ${show(value)}, names with values are needed`);
  const wanted = headers.map(([header, asked]) => {
    // With other characters it would not have come, or not alone.
    if (!/^[A-Za-z0-9-]+$/.test(header)) {
      throw invalid(`header of the condition has ${show(header)}, letters, digits and - are allowed in names`);
    }
    if (typeof asked !== "string" && typeof asked !== "boolean") {
      throw invalid(`header ${header} of the condition is ${show(asked)}, a text, true or false is needed`);
    }
    return { name: varName(header), asked: typeof asked === "string" ? encodeUtf8(asked) : asked };
  });
  return (environ) =>
    wanted.every(({ name, asked }) => {
      const sent = environ[name];
      return typeof asked === "string" ? sent === asked : (sent !== undefined && sent !== "") === asked;
    });
}

function textsOf(name: string, value: unknown): readonly string[] {
  const texts: unknown = typeof value === "string" ? [value] : value;
  if (Array.isArray(texts) && texts.length > 0 && texts.every((text) => typeof text === "string")) return texts;
  throw invalid(`${name} of the condition is ${show(value)}, a text or a list of texts is needed`);
}

function invalid(message: string): TypeError {
  return typeError("UWSGI_INVALID_ARGUMENT", message);
}

function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 80));
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return value === null ? "null" : typeof value;
}
