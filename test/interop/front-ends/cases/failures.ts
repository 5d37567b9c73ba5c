/** Applications that fail: a clean 500, or an answer that can be seen to be broken. */
import type { ExecutionContext } from "ava";
import { open, send } from "../../../helpers/http-client.ts";
import { Gate } from "../../../helpers/wsgi-apps.ts";
import type { SmokeStack } from "../stack.ts";
import { nextIsAnswered, type SmokeCase } from "./smoke-case.ts";

const FIRST_HALF = "the first half";

const looksComplete = {
  instead: "an answer without a Content-Length that breaks off looks complete",
  run: async (t: ExecutionContext, stack: SmokeStack) => {
    t.deepEqual(await breakOff(stack, []), { text: FIRST_HALF, end: "complete" });
    await nextIsAnswered(t, stack);
  },
} as const;

const noReset = {
  over: "a unix socket",
  why: "a unix socket has no reset, the end of the connection is the end of the answer",
} as const;

export const failures: readonly SmokeCase[] = [
  {
    rule: "an application that throws before the head is a 500",
    run: async (t, stack) => {
      stack.application = () => {
        throw new Error("nobody shall read this");
      };
      const { status, body } = await send({ port: stack.port });
      t.deepEqual([status, body.toString()], [500, "500 Internal Server Error\n"]);
      await nextIsAnswered(t, stack);
    },
  },
  {
    rule: "an answer with a Content-Length that breaks off is seen to be incomplete",
    run: async (t, stack) => {
      t.deepEqual(await breakOff(stack, [["Content-Length", "1000"]]), { text: FIRST_HALF, end: "ECONNRESET" });
      await nextIsAnswered(t, stack);
    },
  },
  {
    rule: "an answer without a Content-Length that breaks off is seen to be incomplete",
    run: async (t, stack) => {
      t.deepEqual(await breakOff(stack, []), { text: FIRST_HALF, end: "ECONNRESET" });
      await nextIsAnswered(t, stack);
    },
    unless: [
      { frontEnd: "nginx", ...noReset, ...looksComplete },
      { frontEnd: "Apache", ...noReset, ...looksComplete },
      { frontEnd: "lighttpd", ...noReset, ...looksComplete },
      {
        frontEnd: "uWSGI's router",
        why: "it ends such answers by closing the client's connection",
        ...looksComplete,
      },
    ],
  },
];

/** What a client gets of an answer whose application throws once the first half was seen. */
async function breakOff(stack: SmokeStack, headers: [string, string][]): Promise<{ text: string; end: string }> {
  const seen = new Gate();
  stack.application = (_environ, startResponse) => {
    startResponse("200 OK", [["X-Accel-Buffering", "no"], ...headers]);
    return sendHalf();
  };
  async function* sendHalf(): AsyncGenerator<string> {
    yield FIRST_HALF;
    await seen.opened;
    throw new Error("halfway");
  }
  const message = await open({ port: stack.port });
  let text = "";
  try {
    for await (const chunk of message) {
      text += String(chunk);
      seen.open();
    }
  } catch (error) {
    return { text, end: (error as NodeJS.ErrnoException).code ?? String(error) };
  }
  return { text, end: "complete" };
}
