/** An application that says who asks, in three interfaces, and ways to ask it. */
import { fetchHandler, nodeHandler, wsgi } from "../../../src/app/index.ts";
import { asHandler, type Handler, type Identity, type Middleware, surround } from "../../../src/handler/index.ts";
import { inject, type InjectedAnswer, type InjectRequest } from "../../../src/testing/index.ts";

export const interfaces = ["wsgi", "node", "fetch"] as const;
export type Interface = (typeof interfaces)[number];

/** What it answers, as JSON. Vars are null where they are not there. */
export interface Seen {
  readonly user: Identity | null;
  readonly remoteUser: string | null;
  readonly authType: string | null;
}

interface Vars {
  readonly REMOTE_USER?: unknown;
  readonly AUTH_TYPE?: unknown;
}

function seen(user: unknown, { REMOTE_USER: remoteUser = null, AUTH_TYPE: authType = null }: Vars): string {
  return JSON.stringify({ user: user ?? null, remoteUser, authType });
}

/** The application. It looks for the identity where its interface has it. */
export function whoami(name: Interface): Handler {
  if (name === "wsgi") {
    return wsgi((environ, startResponse) => {
      startResponse("200 OK", []);
      return seen(environ["uisge.user"], environ);
    });
  }
  if (name === "node") {
    return asHandler(
      nodeHandler((req, res) => {
        const { user, uwsgi } = req as unknown as { user?: Identity; uwsgi: { environ: Vars } };
        res.end(seen(user, uwsgi.environ));
      }),
    );
  }
  return fetchHandler((_request, env) => new Response(seen(env.user, env.environ)));
}

/** Asks through middleware. */
export function ask(
  middleware: Middleware | readonly Middleware[],
  request: InjectRequest = {},
  name: Interface = "wsgi",
): Promise<InjectedAnswer> {
  const list = Array.isArray(middleware) ? (middleware as readonly Middleware[]) : [middleware as Middleware];
  return inject(surround(whoami(name), list) as Handler, { ...request, interface: "handler" });
}

/** Who was let in: the name; or the status of a refusal. */
export function outcomeOf(answer: InjectedAnswer): string | number | null {
  if (answer.status !== 200) return answer.status;
  return (answer.json() as Seen).user?.name ?? null;
}

/** The header Authorization for a name and a password. */
export function basicHeader(name: string, password: string): Record<string, string> {
  return { Authorization: `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}` };
}

/** Values of a header, one for each line. */
export function lines(answer: InjectedAnswer, name: string): string[] {
  return answer.headers.filter(([header]) => header.toLowerCase() === name).map(([, value]) => value);
}

/** Hashes that cost nothing: `{SHA}`, of the passwords `secret` and `other`. */
export const SECRET = "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=";
export const OTHER = "{SHA}0JQeaNqPOBUf+Gph/Fn3xc+fyqI=";
