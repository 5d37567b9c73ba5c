/** Vars of sound packets -> environ, and what is asked of an environ. */
import { decodePacket, type Vars } from "../../src/codec/index.ts";
import {
  contentLengthOf,
  type Environ,
  environFromVars,
  type EnvironOptions,
  headersOf,
  loaderVars,
  remoteOf,
  schemeOf,
  targetOf,
} from "../../src/environ/index.ts";
import { ProtocolError } from "../../src/errors.ts";
import { readCorpus } from "../inputs/corpus.ts";
import { PacketMutator } from "../inputs/mutate.ts";
import { hashOf } from "../inputs/random.ts";
import { type EnvironRules, referenceEnviron } from "../reference/environ.ts";
import { mustHold, type Target } from "../target.ts";
import { withDatasize } from "./packets.ts";

/** The function under test; another one in the tests of this target. */
export type ReadEnviron = (vars: Vars, options: EnvironOptions) => Environ;

const ordinaryProperties = Object.getOwnPropertyNames(Object.prototype).join();

export function environTarget(read: ReadEnviron = environFromVars): Target {
  const mutator = new PacketMutator(readCorpus());
  return {
    name: "environ",
    share: 20,
    makeInput: (random) => mutator.makeSound(random),
    check: (input) => checkEnvirons(read, input),
    repair: withDatasize,
  };
}

function checkEnvirons(read: ReadEnviron, input: Uint8Array): void {
  const vars = varsOf(input);
  if (vars === undefined) return;
  const pairs = [...vars];
  const hash = hashOf(input);
  const trusted = hash % 8 < 2 ? ["HTTP_X_FORWARDED_FOR", "HTTP_COOKIE"] : [];
  checkEnviron(read, vars, { pairs, duplicates: "join", trusted });
  checkEnviron(read, vars, { pairs, duplicates: hash % 2 === 0 ? "refuse" : "last", trusted });
  mustHold(
    Object.getOwnPropertyNames(Object.prototype).join() === ordinaryProperties,
    "Object.prototype stays as it was",
    () => Object.getOwnPropertyNames(Object.prototype),
  );
}

/** Vars of bytes that are a request; what is none is the business of the target `packets`. */
function varsOf(input: Uint8Array): Vars | undefined {
  try {
    return input[0] === 0 ? decodePacket(input)?.vars : undefined;
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

function checkEnviron(read: ReadEnviron, vars: Vars, rules: EnvironRules): void {
  const { duplicates } = rules;
  const expected = referenceEnviron(rules);
  const loaders: string[] = [];
  let environ: Environ;
  try {
    environ = read(vars, { duplicates, trustedHeaders: rules.trusted, onLoaderVar: (name) => loaders.push(name) });
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    const { code } = error;
    mustHold(code === expected, "an environ is refused for what is wrong with its vars", () => [duplicates, code]);
    return;
  }
  mustHold(typeof expected !== "string", "vars that the rules refuse are no environ", () => [duplicates, expected]);
  const names = Object.keys(environ);
  for (const name of names) {
    mustHold(!isForbidden(name), "what must not come from the wire is not in an environ", () => name);
    mustHold(environ[name] === expected.get(name), "a var has the value that the rules give it", () => [
      duplicates,
      name,
      environ[name],
      expected.get(name),
    ]);
  }
  mustHold(names.length === expected.size, "no var is lost", () => [names, [...expected.keys()]]);
  mustHold(
    loaders.every((name) => loaderVars.has(name)),
    "only loader vars are told of as such",
    () => loaders,
  );
  checkQuestions(environ);
}

function isForbidden(name: string): boolean {
  return name === "HTTP_PROXY" || /^(?:wsgi|uisge)\./.test(name) || loaderVars.has(name);
}

/** What is asked of an environ is answered, whatever stands in it. */
function checkQuestions(environ: Environ): void {
  checkLength(environ);
  const scheme = schemeOf(environ);
  mustHold(scheme === "http" || scheme === "https", "a scheme is http or https", () => scheme);
  const target = targetOf(environ);
  mustHold(target !== "", "a target is never empty", () => environ);
  const { address, port } = remoteOf(environ);
  mustHold(address !== "", "an address that is not known is undefined", () => environ.REMOTE_ADDR);
  mustHold(port === undefined || (port >= 0 && port <= 65_535), "a port fits 16 bits", () => port);
  for (const [name, value] of headersOf(environ)) {
    mustHold(
      typeof value === "string" && name === name.toLowerCase() && name !== "proxy" && name !== "",
      "headers are those of the client, in lower case",
      () => [name, value],
    );
  }
}

function checkLength(environ: Environ): void {
  const given = environ.CONTENT_LENGTH ?? "";
  const isNumber = /^\d*$/.test(given) && BigInt(given || "0") <= 2n ** 53n - 1n;
  try {
    const length = contentLengthOf(environ);
    mustHold(isNumber && BigInt(length) === BigInt(given || "0"), "a length is what its digits say", () => given);
  } catch (error) {
    if (!(error instanceof ProtocolError) || error.code !== "UWSGI_BAD_CONTENT_LENGTH") throw error;
    mustHold(!isNumber, "a length of digits is accepted", () => given);
  }
}
