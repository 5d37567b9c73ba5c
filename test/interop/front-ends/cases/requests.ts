/** What the application sees of methods and headers. Paths: `paths.ts`. */
import type { ExecutionContext } from "ava";
import { send } from "../../../helpers/http-client.ts";
import { showEnviron, varsIn } from "../../../helpers/wsgi-apps.ts";
import type { SmokeStack } from "../stack.ts";
import type { SmokeCase } from "./smoke-case.ts";

const methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"];

/** Nothing in the value says where one cookie ends, once it was joined like this. */
const joinedByComma = {
  instead: "cookies of two headers arrive joined by a comma",
  why: "it joins all repeated headers by a comma",
  run: (t: ExecutionContext, stack: SmokeStack) => cookiesArriveAs(t, stack, "a=1, b=2; c=3"),
} as const;

export const requests: readonly SmokeCase[] = [
  {
    rule: "a header that comes twice arrives joined by a comma",
    run: async (t, stack) => {
      stack.application = showEnviron;
      const headers = [
        ["X-Tag", "one"],
        ["X-Other", "between"],
        ["X-Tag", "two"],
      ] as const;
      const answer = await send({ port: stack.port, headers });
      t.like(varsIn(answer), { HTTP_X_TAG: "one, two", HTTP_X_OTHER: "between" });
    },
  },
  {
    rule: "cookies of two headers arrive joined by a semicolon",
    run: (t, stack) => cookiesArriveAs(t, stack, "a=1; b=2; c=3"),
    unless: [
      { frontEnd: "Apache", ...joinedByComma },
      { frontEnd: "uWSGI's router", ...joinedByComma },
    ],
  },
  {
    rule: "60 KB of request headers arrive",
    run: async (t, stack) => {
      stack.application = showEnviron;
      const values = Array.from({ length: 8 }, (_, i) => String(i).repeat(7_500));
      const headers = values.map((value, i) => [`X-Long-${i}`, value] as const);
      const answer = await send({ port: stack.port, headers });
      t.is(answer.status, 200);
      t.like(varsIn(answer), Object.fromEntries(values.map((value, i) => [`HTTP_X_LONG_${i}`, value])));
    },
  },
  {
    rule: "vars over the server's maxDatasize get an answer",
    server: { maxDatasize: 8_000 },
    run: async (t, stack) => {
      const headers = Array.from({ length: 2 }, (_, i) => [`X-Long-${i}`, "x".repeat(7_500)] as const);
      t.is((await send({ port: stack.port, headers })).status, 431);
    },
  },
  {
    rule: `the application sees the method: ${methods.join(", ")}`,
    run: async (t, stack) => {
      stack.application = ({ REQUEST_METHOD }, startResponse) => {
        startResponse("200 OK", [["X-Method", REQUEST_METHOD]]);
        return "";
      };
      const seen = [];
      for (const method of methods) {
        // Without a length Node would announce a chunked body.
        const body = method === "POST" || method === "PUT" ? { body: new Uint8Array(0) } : {};
        seen.push((await send({ port: stack.port, method, ...body })).headers.get("x-method"));
      }
      t.deepEqual(
        seen,
        methods.map((method) => [method]),
      );
    },
  },
];

async function cookiesArriveAs(t: ExecutionContext, stack: SmokeStack, expected: string): Promise<void> {
  stack.application = showEnviron;
  const headers = [
    ["Cookie", "a=1"],
    ["Cookie", "b=2; c=3"],
  ] as const;
  t.is(varsIn(await send({ port: stack.port, headers }))["HTTP_COOKIE"], expected);
}
