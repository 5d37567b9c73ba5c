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
 *     sockets.ts         binds, and never accepts; place.ts is one of its addresses; what is passed to it: handover.ts
 *                        by a master before it, activation.ts by systemd, same-address.ts says for which address
 *     worker-process.ts  a worker as the master has it: pipe, signals, end
 *     worker-main.ts     a worker from inside; `watcher-thread.ts` tells where it is stuck
 *     attached/          programs of the operator beside the workers; attached.ts has all of a service
 *     emperor/           instances by the files of a folder, one supervised vassal each; plan.ts decides
 *     control-messages.ts   status, reload, stop, scale from outside: the lines; control-server.ts, control-session.ts and
 *                        control-commands.ts are the manager's end, control-client.ts and instances.ts the operator's
 *     runtime-folder.ts  where control sockets are, and whose that folder must be
 *
 * Not here: what applications answer (`server`, `serve`), and reading of options (`cli`).
 */
export { manage, type Manager } from "./manage.ts";
export type { CheaperOptions, ManagerOptions } from "./options.ts";
export type { ReloadMode } from "./view.ts";
export { Emperor } from "./emperor/emperor.ts";
export type { FlagTable } from "./emperor/vassal.ts";
export { ManagerLog } from "./manager-log.ts";
export { listenToSignals } from "./signals.ts";
export { askManager } from "./control-client.ts";
export type { ControlCommand, ControlLine, ControlResult, Progress } from "./control-messages.ts";
export { findInstances, type Instance, instanceOf } from "./instances.ts";
export type { ManagerStatus, WorkerRequest, WorkerStatus } from "./status.ts";
