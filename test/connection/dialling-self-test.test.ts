import test from "ava";
import { testDialling } from "../../src/connection/dialling-self-test.ts";
import { onBrokenNode } from "../helpers/self-test.ts";

const LATE = /^no answer within 300 ms$/;

for (const kind of ["pipe", "tcp"] as const) {
  test.serial(`a Node whose handles are as they should be passes, ${kind}`, async (t) => {
    t.is(await testDialling(kind), undefined);
    t.is(await onBrokenNode(["nothing", "dialling", kind]), null);
  });
}

for (const [about, why] of [
  ["no process.binding", /^this runtime has no process\.binding$/],
  ["a process.binding that throws", /^access to this API has been restricted$/],
  ["a process.binding that answers nothing", /undefined/],
  ["no WriteWrap", /^the stream handles of this Node are not those that are known$/],
  ["no Pipe", /^this Node has no handles Pipe that are known$/],
  ["no PipeConnectWrap", /^this Node has no handles PipeConnectWrap that are known$/],
  ["no TCPConnectWrap", /^this Node has no handles TCPConnectWrap that are known$/],
  ["no type of socket", /of types that are not known$/],
  ["no connect", /^the handles Pipe of this Node have no connect$/],
  ["a connect that fails at once", /^a connect was refused at once$/],
  ["a connect that never completes", LATE],
  ["a connect that throws", /^connect has other arguments$/],
  ["a connect that always succeeds", /^nobody listened, and a connect has come to undefined$/],
  ["a connect that always fails", /connect EACCES/],
  ["a useUserBuffer that does nothing", /and others came back$/],
  ["reads that never come", LATE],
  ["a shutdown that fails", /^shutdown EPIPE$/],
] as const) {
  test(`found, and nothing is left uncaught: ${about}`, async (t) => {
    t.regex(String(await onBrokenNode([about, "dialling", "pipe", "300"])), why);
  });
}
