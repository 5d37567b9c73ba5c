/** What an environ must be: rules 2 to 17, as tables of what to look at and what is wrong with it. */
import { isToken } from "../../codec/index.ts";
import { type Faults, isLatin1, show } from "./faults.ts";

type Environ = Readonly<Record<string, unknown>>;

/** Answers what is wrong, undefined when nothing is. */
type Check = (environ: Environ) => string | undefined;

/** Reports what is wrong with an environ. */
export function checkEnviron(environ: Environ, faults: Faults): void {
  for (const [rule, check] of rules) {
    const wrong = check(environ);
    if (wrong !== undefined) faults.server(rule, wrong);
  }
  for (const name of Object.keys(environ)) checkVar(name, environ[name], faults);
}

const rules: readonly (readonly [rule: number, check: Check])[] = [
  [2, isOwn],
  [6, (environ) => isTokenIn(environ, "REQUEST_METHOD")],
  [7, (environ) => isPathIn(environ, "SCRIPT_NAME")],
  [7, (environ) => isPathIn(environ, "PATH_INFO")],
  [7, ({ SCRIPT_NAME: script }) => (script === "/" ? 'SCRIPT_NAME is "/", the root is ""' : undefined)],
  [8, (environ) => isTextIn(environ, "QUERY_STRING")],
  [9, (environ) => isAbsent(environ, "HTTP_CONTENT_TYPE")],
  [9, (environ) => isAbsent(environ, "HTTP_CONTENT_LENGTH")],
  [9, isLengthSound],
  [10, (environ) => isFilledIn(environ, "SERVER_NAME")],
  [10, (environ) => isFilledIn(environ, "SERVER_PORT")],
  [11, (environ) => isFilledIn(environ, "SERVER_PROTOCOL")],
  [14, (environ) => isFactIn(environ, "REMOTE_USER")],
  [14, (environ) => isFactIn(environ, "REMOTE_IDENT")],
  [14, (environ) => isFactIn(environ, "AUTH_TYPE")],
  [14, (environ) => isFactIn(environ, "HTTPS")],
  [15, isVersionSound],
  [15, isSchemeSound],
  [16, (environ) => hasMethods(environ, "wsgi.input", ["read", "readline", "readlines", Symbol.asyncIterator])],
  [16, (environ) => hasMethods(environ, "wsgi.errors", ["write", "writelines", "flush"])],
  [16, (environ) => isFlagIn(environ, "wsgi.multithread")],
  [16, (environ) => isFlagIn(environ, "wsgi.multiprocess")],
  [16, (environ) => isFlagIn(environ, "wsgi.run_once")],
  [54, isDecoded],
  [56, isFileWrapperSound],
];

function isOwn(environ: Environ): string | undefined {
  // A prototype may be there, as long as nothing is in it.
  for (let from: unknown = environ; (from = Object.getPrototypeOf(from)) !== null;) {
    if (Reflect.ownKeys(from as object).length > 0) {
      return "environ inherits: a var of the name of something inherited would not be told from it";
    }
  }
  return Object.isExtensible(environ) ? undefined : "environ cannot be changed";
}

function isTokenIn(environ: Environ, name: string): string | undefined {
  const value = environ[name];
  return typeof value === "string" && isToken(value) ? undefined : `${name} is ${show(value)}, a token is needed`;
}

function isPathIn(environ: Environ, name: string): string | undefined {
  const value = environ[name];
  if (typeof value !== "string") return `${name} is ${show(value)}, a string is needed`;
  return value === "" || value.startsWith("/") || value === "*"
    ? undefined
    : `${name} is ${show(value)}, a path begins with a slash`;
}

function isTextIn(environ: Environ, name: string): string | undefined {
  const value = environ[name];
  return typeof value === "string" ? undefined : `${name} is ${show(value)}, a string is needed`;
}

function isFilledIn(environ: Environ, name: string): string | undefined {
  const value = environ[name];
  return typeof value === "string" && value !== "" ? undefined : `${name} is ${show(value)}, it must not be empty`;
}

function isAbsent(environ: Environ, name: string): string | undefined {
  return name in environ ? `${name} is there, ${name.slice("HTTP_".length)} is its only name` : undefined;
}

function isFactIn(environ: Environ, name: string): string | undefined {
  return environ[name] === "" ? `${name} is empty, what is not known is left out` : undefined;
}

function isLengthSound({ CONTENT_LENGTH: length }: Environ): string | undefined {
  if (length === undefined || (typeof length === "string" && /^[0-9]*$/.test(length))) return undefined;
  return `CONTENT_LENGTH is ${show(length)}, allowed are digits`;
}

function isVersionSound(environ: Environ): string | undefined {
  const version = environ["wsgi.version"];
  const isSound = Array.isArray(version) && version.length === 2 && version[0] === 1 && version[1] === 0;
  return isSound ? undefined : `wsgi.version is ${show(version)}, it must be [1, 0]`;
}

function isSchemeSound(environ: Environ): string | undefined {
  const scheme = environ["wsgi.url_scheme"];
  const { HTTPS: https } = environ;
  const isSecure = typeof https === "string" && /^(?:on|1)$/i.test(https);
  if (scheme === "https" || (scheme === "http" && !isSecure)) return undefined;
  return `wsgi.url_scheme is ${show(scheme)}, ${isSecure ? "HTTPS says https" : "allowed are http and https"}`;
}

function hasMethods(environ: Environ, name: string, methods: readonly PropertyKey[]): string | undefined {
  const stream = environ[name];
  if (typeof stream !== "object" || stream === null) return `${name} is ${show(stream)}, a stream is needed`;
  const missing = methods.find((method) => typeof (stream as Record<PropertyKey, unknown>)[method] !== "function");
  return missing === undefined ? undefined : `${name} has no ${String(missing)}`;
}

function isFlagIn(environ: Environ, name: string): string | undefined {
  const value = environ[name];
  return typeof value === "boolean" ? undefined : `${name} is ${show(value)}, true or false is needed`;
}

function isDecoded(environ: Environ): string | undefined {
  const isBoth = "HTTP_TRANSFER_ENCODING" in environ && (environ["CONTENT_LENGTH"] ?? "") !== "";
  return isBoth ? "HTTP_TRANSFER_ENCODING is there though CONTENT_LENGTH says that the body is decoded" : undefined;
}

function isFileWrapperSound(environ: Environ): string | undefined {
  const wrapper = environ["wsgi.file_wrapper"];
  if (wrapper === undefined || typeof wrapper === "function") return undefined;
  return `wsgi.file_wrapper is ${show(wrapper)}, a function is needed`;
}

/** The keys that PEP 3333 and this interface know. */
const wsgiKeys: ReadonlySet<string> = new Set(
  ["version", "url_scheme", "input", "errors", "multithread", "multiprocess", "run_once", "file_wrapper"].map(
    (name) => `wsgi.${name}`,
  ),
);

function checkVar(name: string, value: unknown, faults: Faults): void {
  if (name.startsWith("wsgi.")) {
    if (!wsgiKeys.has(name)) faults.server(15, `${show(name)} is no key of the gateway interface`);
    return;
  }
  if (name.startsWith("HTTP_") && /[a-z-]/.test(name)) {
    faults.server(12, `${show(name)} is no name of a header: upper case, and _ for -`);
  }
  if (typeof value === "string") {
    if (!isLatin1(value)) faults.server(4, `${name} has a character above U+00FF: bytes are read as latin-1`);
  } else if (!name.includes(".")) faults.server(3, `${name} is ${show(value)}, a CGI var is a string`);
  else if (!/^[a-z][a-z0-9_]*\./.test(name)) {
    faults.server(17, `${show(name)} is ${show(value)}: a key of the server's own has a prefix in lower case`);
  }
}
