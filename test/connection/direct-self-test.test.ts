import test from "ava";
import { DirectTransport } from "../../src/connection/direct-transport.ts";
import { testDirectTransport } from "../../src/connection/direct-self-test.ts";
import { onBrokenNode } from "../helpers/self-test.ts";

const UNKNOWN = /^the stream handles of this Node are not those that are known$/;
const OTHERS = /^262144 bytes were sent, and others read$/;
const LATE = /^no answer within 300 ms$/;

test.serial("a Node whose handles are as they should be passes", async (t) => {
  t.is(await testDirectTransport(), undefined);
  t.is(await onBrokenNode(["nothing"]), null);
});

for (const [about, why] of [
  ["no process.binding", /^this runtime has no process\.binding$/],
  ["a process.binding that throws", /^access to this API has been restricted$/],
  ["a process.binding that answers nothing", /undefined/],
  ["no WriteWrap", UNKNOWN],
  ["no ShutdownWrap", UNKNOWN],
  ["no state", UNKNOWN],
  ["a state of another type", UNKNOWN],
  ["a state that nobody writes", LATE],
  ["no index of bytes read", UNKNOWN],
  ["no index of writes that go on", UNKNOWN],
  ["writes that claim to be done", LATE],
  ["writes that claim to go on", LATE],
  ["no useUserBuffer", /have no useUserBuffer$/],
  ["a useUserBuffer that does nothing", OTHERS],
  ["no readStart", /have no readStart$/],
  ["reads that never come", LATE],
  ["no writev", /have no writev$/],
  ["a writev that fails", /^write EPIPE$/],
  ["no writeBuffer", /have no writeBuffer$/],
  ["no writeLatin1String", /have no writeLatin1String$/],
  ["no readStop", /have no readStop$/],
  ["nowhere to listen", /listen/],
  ["no shutdown", /have no shutdown$/],
  ["a shutdown that never completes", LATE],
  ["a shutdown that fails", /^shutdown EPIPE$/],
] as const) {
  test(`found, and nothing is left uncaught: ${about}`, async (t) => {
    t.regex(String(await onBrokenNode([about, "300"])), why);
  });
}

test.serial("an answer that differs from what was sent is found", async (t) => {
  const { write } = DirectTransport.prototype;
  t.teardown(() => {
    DirectTransport.prototype.write = write;
  });
  DirectTransport.prototype.write = function (chunk, next) {
    return write.call(this, typeof chunk === "string" ? chunk.toUpperCase() : chunk, next);
  };
  t.regex((await testDirectTransport()) ?? "", /^an exchange of 1048588 bytes brought 1048588, or others/);
});

test.serial("reads that go on into the first buffer, though another was given, are found", async (t) => {
  const { nextBuffer } = DirectTransport.prototype;
  t.teardown(() => {
    DirectTransport.prototype.nextBuffer = nextBuffer;
  });
  DirectTransport.prototype.nextBuffer = function () {
    nextBuffer.call(this);
    return undefined;
  };
  t.regex((await testDirectTransport()) ?? "", OTHERS);
});

test.serial("time in which the process itself is busy does not count", async (t) => {
  const testing = testDirectTransport(200);
  const until = performance.now() + 400;
  while (performance.now() < until) {
    // As an application that loads its modules behind `listen`.
  }
  t.is(await testing, undefined);
});
