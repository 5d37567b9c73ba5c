/** Request bodies: read, not read, and of unknown length. */
import type { WsgiFunction } from "../../../../src/index.ts";
import { type HttpAnswer, send } from "../../../helpers/http-client.ts";
import { noise, noiseChunks, sha256 } from "../../../helpers/noise.ts";
import type { SmokeStack } from "../stack.ts";
import { nextIsAnswered, type SmokeCase } from "./smoke-case.ts";

const MB = 1_000_000;
/** Requests under way at the same time. */
const AT_ONCE = 4;

const bigBody = noise(10 * MB);

/** Answers with what it has read, and how that was announced. */
const describeBody: WsgiFunction = async (environ, startResponse) => {
  const body = await environ["wsgi.input"].read();
  startResponse("200 OK", []);
  return JSON.stringify([environ.CONTENT_LENGTH, environ["HTTP_TRANSFER_ENCODING"], sha256(body)]);
};

interface Early extends Pick<SmokeCase, "server"> {
  /** Who answers, where it is not the application. */
  readonly by?: string;
  readonly status: string;
  readonly bodyBytes: number;
  readonly tries: number;
}

const earlyAnswers: readonly Early[] = [
  {
    status: "413 Content Too Large",
    bodyBytes: 10 * MB,
    tries: 5,
    by: "the server's own maxBodyBytes",
    server: { maxBodyBytes: 10 * MB - 1 },
  },
  { status: "413 Content Too Large", bodyBytes: 10 * MB, tries: 15 },
  { status: "401 Unauthorized", bodyBytes: 10 * MB, tries: 5 },
  { status: "200 OK", bodyBytes: 5 * MB, tries: 10 },
];

export const uploads: readonly SmokeCase[] = [
  ...earlyAnswers.map((early): SmokeCase => ({
    rule: `${what(early)} arrives, ${early.tries} of ${early.tries}`,
    run: async (t, stack) => {
      const { seen, expected } = await answerEarly(stack, early);
      t.deepEqual(
        seen,
        seen.map(() => expected),
      );
      await nextIsAnswered(t, stack);
      t.deepEqual(stack.errors, []);
    },
  })),
  {
    rule: "an upload of 5 MB is read whole",
    run: async (t, stack) => {
      stack.application = describeBody;
      const body = bigBody.subarray(0, 5 * MB);
      const answer = await send({ port: stack.port, method: "POST", body });
      t.is(answer.body.toString(), JSON.stringify([String(body.length), undefined, sha256(body)]));
    },
  },
  {
    rule: "a chunked upload arrives whole, with its length",
    run: async (t, stack) => {
      const { status, body } = await sendChunked(stack);
      t.is(status, 200);
      t.is(body.toString(), JSON.stringify(["300000", undefined, sha256(noise(300_000))]));
    },
    unless: [
      {
        frontEnd: "Apache",
        instead: "a chunked upload is refused with 411",
        why: "mod_proxy_uwsgi needs to know the length",
        run: async (t, stack) => {
          t.is((await sendChunked(stack)).status, 411);
          await nextIsAnswered(t, stack);
        },
      },
      {
        frontEnd: "uWSGI's router",
        instead: "a chunked upload is refused with 411",
        why: "it passes on only bodies with a Content-Length; the server refuses what would be lost",
        run: async (t, stack) => {
          t.is((await sendChunked(stack)).status, 411);
          await nextIsAnswered(t, stack);
        },
      },
    ],
  },
];

function what({ status, bodyBytes, by = "the application" }: Early): string {
  return `an early ${status.slice(0, 3)} of ${by} that leaves ${bodyBytes / MB} MB unread`;
}

/** What comes of requests whose body nobody reads: the answers, or the errors of the client. */
async function answerEarly(
  stack: SmokeStack,
  { status, bodyBytes, tries }: Early,
): Promise<{ seen: (number | string)[]; expected: number }> {
  stack.application = (_environ, startResponse) => {
    startResponse(status, [["Content-Type", "text/plain"]]);
    return "not read";
  };
  const body = bigBody.subarray(0, bodyBytes);
  const seen: (number | string)[] = [];
  let started = 0;
  const keepSending = async (): Promise<void> => {
    while (started++ < tries) {
      seen.push(await send({ port: stack.port, method: "POST", body }).then((answer) => answer.status, String));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, keepSending));
  return { seen, expected: Number(status.slice(0, 3)) };
}

function sendChunked(stack: SmokeStack): Promise<HttpAnswer> {
  stack.application = describeBody;
  return send({ port: stack.port, method: "POST", body: noiseChunks(300_000, 7_001) });
}
