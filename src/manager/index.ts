/**
 * Master and workers: several processes as one server, whose sockets are never let go.
 *
 * Read first: `plan/view.ts` (what the master knows, wants and can do), `plan/plan.ts` (what it does),
 * `channel/messages.ts` (what it and its workers say). Then, a folder each:
 *
 *     plan/       deciding, pure: who is in which place, who is killed, who is replaced, how a version takes over, crash
 *                 loops, how many workers there shall be
 *     master/     master.ts observes, plans, performs, and runs no code of the application; crew.ts has its workers,
 *                 worker-process.ts is one of them: pipe, signals, end
 *     channel/    the lines between both, and all that a worker is told at its start
 *     worker/     worker-main.ts is a worker from inside; watcher-thread.ts tells where it is stuck
 *     sockets/    binds, and never accepts; what a master before it and systemd hand over
 *     output/     what workers and attached programs print, as lines of the master's log, where it reads them
 *     control/    status, reload, stop, scale from outside, by a socket; runtime-folder.ts says where that is
 *     outside/    what else is seen of it, or asks it: pid file, touched files, watched folders, users, an upgrade
 *     attached/   programs of the operator beside the workers; attached.ts has all of a service
 *     emperor/    instances by the files of a folder, one supervised vassal each; its plan.ts decides
 *
 * `service.ts` puts them together. Not here: what applications answer (`server`, `serve`), and reading of options (`cli`).
 */
export { manage, type Manager } from "./manage.ts";
export type { CheaperOptions, ManagerOptions } from "./options.ts";
export type { ReloadMode } from "./plan/view.ts";
export { Emperor } from "./emperor/emperor.ts";
export type { FlagTable } from "./emperor/vassal.ts";
export { ManagerLog } from "./master/manager-log.ts";
export { listenToSignals } from "./signals.ts";
export { askManager } from "./control/control-client.ts";
export type { ControlCommand, ControlLine, ControlResult, Progress } from "./control/control-messages.ts";
export { findInstances, type Instance, instanceOf } from "./control/instances.ts";
export type { ManagerStatus, WorkerRequest, WorkerStatus } from "./status.ts";
