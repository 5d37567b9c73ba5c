/**
 * What is compared. Each contestant checks its own answer, right before it is timed: a fast wrong
 * answer is no result.
 */
import { deepStrictEqual } from "node:assert/strict";

import { decodePacket, encodePacket, prepareEncoder, type Vars } from "../../src/codec/index.ts";
import {
  contentLengthOf,
  type Environ,
  environFromVars,
  type EnvironOptions,
  schemeOf,
} from "../../src/environ/index.ts";
import type { Input } from "./inputs.ts";

export interface Contestant {
  readonly name: string;
  /** The name of the contestant that this one is a multiple of; itself for a yardstick. */
  readonly yardstick: string;
  /** Handles one packet; the answer goes to a sink. */
  readonly run: () => unknown;
  /** Throws when `run` answers something wrong. */
  readonly check: () => void;
}

/** The yardstick of parsing; run by `c-walk.ts`, not here. */
export const C_WALK = "C walk";
export const JSON_PARSE = "JSON.parse";
export const JSON_STRINGIFY = "JSON.stringify";

export function parse(inputs: readonly Input[]): Contestant {
  const next = inTurn(inputs);
  const run = (): unknown => decodePacket(next().packet);
  return contestant("decodePacket", C_WALK, run, () => {
    for (const { packet, vars } of inputs) deepStrictEqual([...varsOf(packet)], vars);
  });
}

export function jsonParse(inputs: readonly Input[]): Contestant {
  const next = inTurn(inputs.map(({ vars }) => JSON.stringify(Object.fromEntries(vars))));
  return contestant(
    JSON_PARSE,
    JSON_PARSE,
    () => JSON.parse(next()) as unknown,
    () => {},
  );
}

export function toObject(inputs: readonly Input[]): Contestant {
  const next = inTurn(inputs);
  return contestant(
    "decodePacket, vars.toObject()",
    JSON_PARSE,
    () => varsOf(next().packet).toObject(),
    () => {
      for (const { packet, vars } of inputs)
        deepStrictEqual({ ...varsOf(packet).toObject() }, Object.fromEntries(vars));
    },
  );
}

/** What a server makes of a packet: the environ, and what a gateway asks of it and adds to it. */
export function environ(inputs: readonly Input[]): readonly Contestant[] {
  const ofPacket = inTurn(inputs);
  const ofGateway = inTurn(inputs);
  const options: EnvironOptions = { duplicates: "join", serverName: "localhost", serverPort: "0" };
  const check = (run: () => Environ) => (): void => {
    // More than once: a plan that is made for names that have come before must be right as well.
    for (let times = 0; times < 4; times++) {
      for (const { vars } of inputs) {
        const made = run();
        for (const [name, value] of vars) deepStrictEqual(made[name], value);
      }
    }
  };
  const plain = (): Environ => environFromVars(varsOf(ofPacket().packet), options);
  const gateway = (): Environ => {
    const made = environFromVars(varsOf(ofGateway().packet), options);
    made["wsgi.version"] = [1, 0];
    made["wsgi.url_scheme"] = schemeOf(made);
    made["wsgi.input"] = contentLengthOf(made);
    made["wsgi.errors"] = options;
    made["wsgi.multithread"] = true;
    made["wsgi.multiprocess"] = false;
    made["wsgi.run_once"] = false;
    made["uisge.request"] = options;
    return made;
  };
  return [
    contestant("decodePacket, environFromVars", JSON_PARSE, plain, check(plain)),
    contestant("the same with 8 names of a gateway", JSON_PARSE, gateway, check(gateway)),
  ];
}

/** What comes to mind first: a string for each key and each value. */
export function naive({ packet, vars }: Input): Contestant {
  const buffer = Buffer.from(packet.buffer, packet.byteOffset, packet.length);
  const run = (): Record<string, string> => {
    const object: Record<string, string> = {};
    for (let at = 4; at < buffer.length;) {
      const keyEnd = at + 2 + buffer.readUInt16LE(at);
      const valueEnd = keyEnd + 2 + buffer.readUInt16LE(keyEnd);
      object[buffer.toString("latin1", at + 2, keyEnd)] = buffer.toString("latin1", keyEnd + 2, valueEnd);
      at = valueEnd;
    }
    return object;
  };
  return contestant("naive: toString per key and value", JSON_PARSE, run, () =>
    deepStrictEqual(run(), Object.fromEntries(vars)),
  );
}

export function mapOfViews({ packet, vars }: Input): Contestant {
  const buffer = Buffer.from(packet.buffer, packet.byteOffset, packet.length);
  const run = (): Map<string, Buffer> => {
    const map = new Map<string, Buffer>();
    for (let at = 4; at < buffer.length;) {
      const keyEnd = at + 2 + buffer.readUInt16LE(at);
      const valueEnd = keyEnd + 2 + buffer.readUInt16LE(keyEnd);
      map.set(buffer.toString("latin1", at + 2, keyEnd), buffer.subarray(keyEnd + 2, valueEnd));
      at = valueEnd;
    }
    return map;
  };
  return contestant("Map of key to view of the value", JSON_PARSE, run, () => {
    deepStrictEqual(
      Array.from(run(), ([name, value]) => [name, value.toString("latin1")]),
      vars,
    );
  });
}

/** What a small application looks at. */
const five = ["PATH_INFO", "REQUEST_METHOD", "QUERY_STRING", "HTTP_HOST", "CONTENT_LENGTH"] as const;

export function readFive({ packet, vars }: Input): readonly Contestant[] {
  const expected = vars.reduce((sum, [name, value]) => sum + (five.some((one) => one === name) ? value.length : 0), 0);
  const check = (): void => deepStrictEqual(lengthOfFive(varsOf(packet)), expected);
  const parsed = varsOf(packet);
  return [
    contestant("5 x vars.get, packet parsed before", JSON_PARSE, () => lengthOfFive(parsed), check),
    contestant("decodePacket and 5 x vars.get", JSON_PARSE, () => lengthOfFive(varsOf(packet)), check),
  ];
}

function lengthOfFive(vars: Vars): number {
  return (
    (vars.get(five[0]) ?? "").length +
    (vars.get(five[1]) ?? "").length +
    (vars.get(five[2]) ?? "").length +
    (vars.get(five[3]) ?? "").length +
    (vars.get(five[4]) ?? "").length
  );
}

/** Inputs that all have the same names in the same order. */
export function encode(inputs: readonly Input[]): readonly Contestant[] {
  // As a caller has them: strings of their own for each packet, not parts of a larger one.
  const objects = inputs.map(
    ({ vars }) => JSON.parse(JSON.stringify(Object.fromEntries(vars))) as Record<string, string>,
  );
  const encoder = prepareEncoder({ names: Object.keys(objects[0] ?? {}) });
  const target = new Uint8Array(65_539);
  const answers = <T>(name: string, given: readonly T[], run: (given: T) => Uint8Array): Contestant => {
    const next = inTurn(given);
    const packets = inputs.map(({ packet }) => [...packet]);
    return contestant(
      name,
      JSON_STRINGIFY,
      () => run(next()),
      () => {
        // More than once: what is kept of the first time must be right as well.
        for (let times = 0; times < 20; times++) {
          deepStrictEqual(
            given.map((one) => [...run(one)]),
            packets,
          );
        }
      },
    );
  };
  const next = inTurn(objects);
  const values = objects.map((object) => Object.values(object));
  return [
    contestant(
      JSON_STRINGIFY,
      JSON_STRINGIFY,
      () => JSON.stringify(next()),
      () => {},
    ),
    answers("encodePacket of an object", objects, (vars) => encodePacket({ vars })),
    answers("prepared encoder", values, (given) => encoder.encode(given)),
    answers("prepared encoder, into a target", values, (given) => encoder.encode(given, target)),
  ];
}

function contestant(name: string, yardstick: string, run: () => unknown, check: () => void): Contestant {
  return { name, yardstick, run, check };
}

function varsOf(packet: Uint8Array): Vars {
  const decoded = decodePacket(packet);
  if (decoded === undefined) throw new Error("the packet is incomplete");
  return decoded.vars;
}

function inTurn<T>(items: readonly T[]): () => T {
  let turn = 0;
  return () => {
    if (turn === items.length) turn = 0;
    return items.at(turn++) as T;
  };
}
