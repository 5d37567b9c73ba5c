/** The smoke list: what holds behind every front end, and what one of them does instead. */
import { answers } from "./cases/answers.ts";
import { clients } from "./cases/clients.ts";
import { failures } from "./cases/failures.ts";
import { paths } from "./cases/paths.ts";
import { requests } from "./cases/requests.ts";
import type { SmokeCase } from "./cases/smoke-case.ts";
import { uploads } from "./cases/uploads.ts";

export const smokeList: readonly SmokeCase[] = [...requests, ...paths, ...answers, ...uploads, ...clients, ...failures];
