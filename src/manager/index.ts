/**
 * Master and workers: several processes as one server, whose sockets are never let go.
 *
 * Read first: `view.ts` (what the master knows, wants and can do), `plan.ts` (what it does), `messages.ts` (what it and
 * its workers say). Then:
 *
 *     master.ts          observes, plans, performs; runs no code of the application
 *     board.ts, judge.ts, recycle.ts, reload.ts, throttle.ts   pure parts of the plan: who is in which place, who is
 *                        killed, who is replaced, how a version takes over, crash loops
 *     cheaper.ts         how many workers there shall be, pure too
 *     sockets.ts         binds, and never accepts; what an upgrade and systemd hand over
 *     worker-process.ts  a worker as the master has it: pipe, signals, end
 *     worker-main.ts     a worker from inside; `watcher-thread.ts` tells where it is stuck
 *     control-server.ts, control-client.ts  status, reload, stop, scale from outside
 *
 * Not here: what applications answer (`server`, `serve`), and reading of options (`cli`).
 */
export type { CheaperOptions, ManagerOptions } from "./options.ts";
export type { ReloadMode } from "./view.ts";
