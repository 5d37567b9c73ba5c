/** What is asked, of whom, and how long: the plan of a run. Pure. */
import { type Application, applicationNamed, applications } from "../applications/applications.ts";
import { headerVarsOf } from "../load/nginx-conf.ts";

/** Connections of the curve over concurrency. */
const CONCURRENCIES = [1, 32, 256, 1_024] as const;

/** Vars of the curve over their number. */
export const VAR_COUNTS: readonly number[] = [10, 24, 100, 1_000];

export const MOST_CONNECTIONS: number = Math.max(...CONCURRENCIES);

/** Idle connections that are held. */
export const IDLE_CONNECTIONS = 10_000;

/** How nginx is asked. */
export interface Variation {
  /** Empty where there is only one. */
  readonly label: string;
  readonly application: Application;
  /** Path before that of the application, for nginx. */
  readonly prefix: string;
  readonly connections: number;
  /** Vars that begin with `HTTP_`, where that is the point. */
  readonly headerVars?: number;
}

interface Asked {
  /** For `--only`, and in results. */
  readonly name: string;
  readonly title: string;
  /** Backend and where it listens. */
  readonly contestants: readonly string[];
  /** Part of the rounds, and of the seconds of each. */
  readonly roundsShare: number;
  readonly secondsShare: number;
}

export interface LoadQuestion extends Asked {
  readonly kind: "load";
  readonly variations: readonly Variation[];
}

export interface IdleQuestion extends Asked {
  readonly kind: "idle";
}

export type Question = LoadQuestion | IdleQuestion;

/** The whole field; node-fastcgi and a connection for each request of node:http take no part further down. */
const everybody = [
  "uisge-net/unix",
  "uisge-direct/unix",
  "node-http/unix",
  "node-http-close/unix",
  "uwsgi/unix",
  "floor/unix",
  "node-fastcgi/unix",
];
const overTcp = ["uisge-net/tcp", "uisge-direct/tcp", "node-http/tcp", "uwsgi/tcp", "floor/tcp"];
const thatRunApplications = ["uisge-net/unix", "uisge-direct/unix", "node-http/unix", "uwsgi/unix"];

/** Who is asked what. The C floor always answers hello, so it takes part where hello is the answer. */
const contestantsOf: Readonly<Record<string, readonly string[]>> = {
  hello: [...everybody, ...overTcp],
  browser: everybody,
};

/** A curve has many points, so they are shorter. */
const shorter = { roundsShare: 0.6, secondsShare: 0.5 };

export const questions: readonly Question[] = [
  ...applications.map(aboutOne),
  {
    kind: "load",
    name: "interfaces",
    title: "interfaces: hello as a Node handler, by Express and as a fetch handler",
    contestants: [
      "uisge-direct",
      "uisge-node",
      "node-http",
      "uisge-express",
      "node-http-express",
      "uisge-fetch",
      "node-http-fetch",
    ].map((name) => `${name}/unix`),
    variations: [variationOf(applicationNamed("hello"))],
    roundsShare: 1,
    secondsShare: 1,
  },
  {
    kind: "load",
    name: "concurrency",
    title: "concurrency: hello over more and more connections",
    contestants: [...thatRunApplications, "floor/unix"],
    variations: CONCURRENCIES.map((connections) => ({
      label: connections === 1 ? "1 connection" : `${connections} connections`,
      application: applicationNamed("hello"),
      prefix: "",
      connections,
    })),
    ...shorter,
  },
  {
    kind: "load",
    name: "vars",
    title: "vars: hello with more and more vars; node:http gets as many headers more",
    contestants: thatRunApplications,
    variations: VAR_COUNTS.map((count) => ({
      label: `${count} vars`,
      application: applicationNamed("hello"),
      prefix: `/vars-${count}`,
      connections: 32,
      headerVars: headerVarsOf(count),
    })),
    ...shorter,
  },
  {
    kind: "idle",
    name: "idle",
    title: "idle: memory for each connection that sends nothing",
    contestants: ["uisge-net", "uisge-direct", "node-http"].flatMap((name) => [`${name}/unix`, `${name}/tcp`]),
    roundsShare: 1,
    secondsShare: 1,
  },
];

/** The question how one application does, at full length. */
function aboutOne(application: Application): LoadQuestion {
  const { name, title, headers } = application;
  const variation = variationOf(application);
  return {
    kind: "load",
    name,
    title,
    contestants: contestantsOf[name] ?? thatRunApplications,
    variations: [name === "browser" ? { ...variation, headerVars: 1 + headers.length } : variation],
    roundsShare: 1,
    secondsShare: 1,
  };
}

function variationOf(application: Application): Variation {
  return { label: "", application, prefix: "", connections: application.connections };
}

/** The questions whose names begin with one of the words, all when there are none. Throws for a word that fits nothing. */
export function chosen(words: readonly string[]): Question[] {
  for (const word of words) {
    if (!questions.some(({ name }) => name.startsWith(word))) {
      throw new Error(`no question begins with ${word}; there are ${questions.map(({ name }) => name).join(", ")}`);
    }
  }
  return questions.filter(({ name }) => words.length === 0 || words.some((word) => name.startsWith(word)));
}

/** Rounds and seconds that a question gets. */
export function effortOf(
  { kind, roundsShare, secondsShare }: Question,
  { rounds, seconds }: { rounds: number; seconds: number },
): { rounds: number; seconds: number } {
  return {
    rounds: Math.ceil(rounds * roundsShare),
    // Idle connections are held as long as it takes to look at them.
    seconds: kind === "idle" ? 0 : Math.max(1, Math.round(seconds * secondsShare)),
  };
}
