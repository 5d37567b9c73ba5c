/** Asks once, before anything is timed: a fast wrong answer is no result. */
import { bytesOf, COUNT_PATH } from "../applications/applications.ts";
import { send } from "../../test/helpers/http-client.ts";
import type { Contestant } from "./contestant.ts";
import type { Variation } from "./questions.ts";

/** Throws unless this contestant answers as it should, and gets as many vars as it should. */
export async function checkAnswer(contestant: Contestant, variation: Variation): Promise<void> {
  const { application, prefix } = variation;
  const { method, target, body } = application;
  const expected = bytesOf(application.answer);
  const {
    status,
    headers,
    body: answer,
  } = await send({
    port: contestant.port,
    method,
    path: prefix + target,
    headers: ownHeaders(variation),
    ...(body === undefined ? {} : { body: bytesOf(body) }),
  });
  const length = headers.get("content-length")?.join(", ");
  if (status !== 200 || length !== String(expected.length) || !answer.equals(expected)) {
    throw new Error(
      `${contestant.title} answers ${target} with ${status}, ${answer.length} bytes, length ${length}; ` +
        `200 and ${expected.length} bytes are right`,
    );
  }
  await checkCount(contestant, variation);
}

async function checkCount({ backend, port, title }: Contestant, variation: Variation): Promise<void> {
  const { application, prefix, headerVars } = variation;
  if (headerVars === undefined || backend.protocol !== "uwsgi" || !backend.runsApplications) return;
  const answer = await send({ port, path: prefix + COUNT_PATH, headers: ownHeaders(variation) });
  const count = Number(answer.body.toString("latin1"));
  // The client that asks here always sends Connection; wrk only where the application has it.
  const expected = headerVars + (application.headers.some(([name]) => name === "Connection") ? 0 : 1);
  if (count !== expected) throw new Error(`${title} got ${count} HTTP_ vars, ${expected} were sent`);
}

/** Without Connection, which the client sends on its own. */
function ownHeaders({ application }: Variation): (readonly [name: string, value: string])[] {
  return application.headers.filter(([name]) => name !== "Connection");
}
