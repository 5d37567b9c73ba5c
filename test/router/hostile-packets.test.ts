/** Packets that nobody meant: a decision for each, and never a block that a server could read in another way. */
import test from "ava";
import fc from "fast-check";
import { decodePacket, type Packet } from "../../src/codec/index.ts";
import { loaderVars } from "../../src/environ/index.ts";
import { ProtocolError } from "../../src/errors.ts";
import { explain, RuleSet } from "../../src/router/index.ts";
import { mayHaveVars } from "../../src/router/subject.ts";
import { concat, latin1, packetOf, varsBlock } from "../helpers/wire.ts";

const RULES = new RuleSet([
  "host=*.a.com path=/a/*/c -> /a modifier1=0",
  "var:HTTP_X^=1 !method=GET -> /b set:A=1 remove:HTTP_Y mount=/m",
  "key=k modifier2=1 -> close",
  "modifier1=101,111,173,200 -> /c",
  "path=/ -> /d modifier1=5",
]);

const text = fc.oneof(
  fc.constantFrom(
    "",
    "/",
    "/m/x",
    "/a/b/c",
    "//m//..//x",
    "/m/%2e",
    "x.a.com",
    "A.A.COM:80",
    "GET",
    "POST",
    "k",
    "1",
    "\0",
  ),
  fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)), maxLength: 20 }),
);
const name = fc.oneof(
  fc.constantFrom(
    "HTTP_HOST",
    "SERVER_NAME",
    "PATH_INFO",
    "SCRIPT_NAME",
    "REQUEST_METHOD",
    "HTTP_X",
    "HTTP_Y",
    "UWSGI_FASTROUTER_KEY",
  ),
  fc.constantFrom(...loaderVars),
  fc.string({
    unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
    minLength: 1,
    maxLength: 12,
  }),
);
const block = fc.oneof(
  fc.array(fc.tuple(name, text), { maxLength: 10 }).map((pairs) => varsBlock(pairs)),
  fc.uint8Array({ maxLength: 60 }),
  fc
    .tuple(fc.array(fc.tuple(name, text), { maxLength: 3 }), fc.uint8Array({ maxLength: 8 }))
    .map(([pairs, tail]) => concat([varsBlock(pairs), tail])),
);
const modifier = fc.oneof(fc.constantFrom(0, 5, 7, 30, 101, 111, 173, 200, 123, 77), fc.integer({ min: 0, max: 255 }));

/** Undefined for what the server itself refuses. */
function decoded(bytes: Uint8Array): Packet | undefined {
  try {
    return decodePacket(bytes);
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

test("each packet gets a decision; what goes out and may be read as vars is sound, without loader variables", (t) => {
  let forwarded = 0;
  fc.assert(
    fc.property(block, modifier, fc.integer({ min: 0, max: 2 }), (payload, modifier1, modifier2) => {
      const packet = decoded(packetOf(payload, modifier1, modifier2));
      if (packet === undefined) return;
      const decision = RULES.decide(packet);
      t.is(explain(RULES, packet).decision.do, decision.do);
      if (decision.do !== "forward") return;
      forwarded++;
      const out = decodePacket(decision.packet);
      t.is(out?.byteLength, decision.packet.length);
      if (out === undefined || !(mayHaveVars(modifier1) || mayHaveVars(out.modifier1))) return;
      for (const loader of loaderVars) t.false(out.vars.has(loader));
    }),
    { numRuns: 3_000 },
  );
  t.true(forwarded > 300, `${forwarded} were forwarded`);
});

test("a key length past the end of the block hides no var from the rules: the packet never gets there", (t) => {
  const hidden = concat([
    varsBlock([["PATH_INFO", "/public"]]),
    latin1("\x60\xea"),
    varsBlock([["PATH_INFO", "/admin"]]),
  ]);
  t.is(decoded(packetOf(hidden)), undefined);
});
