/** The options, and what hooks are told. */
import type { Environ } from "../../environ/index.ts";
import { flag, hook, readOptions } from "../read-options.ts";

export interface ErrorsOptions {
  /**
   * Answers failures with a page that shows them, with the sources and the environ: for who develops, never for the
   * world. Default false.
   */
  readonly development?: boolean;
  /** Such pages also for clients that are not on this machine. Default false. */
  readonly allowRemote?: boolean;
  /** Told of each failure, once. What it throws, or rejects with, is logged. */
  readonly onError?: ErrorHook;
  /** Writes the body of an answer in the place of the usual one. What it throws, or rejects with, is logged. */
  readonly render?: RenderHook;
}

/** The server waits at its close for a promise that is returned. */
export type ErrorHook = (error: unknown, about: AboutError) => void | PromiseLike<void>;

export interface AboutError {
  readonly environ: Environ;
  /** The id of the request, as the log and the answer have it. */
  readonly id: string;
  /** The status that the client gets, or has got: 101 behind an upgrade. */
  readonly status: number;
  /** Where the application has failed: before the head, in the body behind it, or in `close()` of the body. */
  readonly phase: "before" | "stream" | "close";
}

/** The body of an answer; undefined for the usual one. Text that goes into a page has to be escaped. */
export type RenderHook = (problem: Problem) => string | undefined | PromiseLike<string | undefined>;

/** What the client is told. */
export interface Problem {
  /** 400-599. */
  readonly status: number;
  /** The registered phrase. */
  readonly title: string;
  /** The message of an error that says that it may be shown (`expose`). */
  readonly detail: string | undefined;
  /** The id of the request, where the failure is logged with it: from 500. */
  readonly id: string | undefined;
  /** What the client takes. */
  readonly type: "html" | "json" | "text";
  readonly environ: Environ;
}

export type Settings = ReturnType<typeof readSettings>;

/** Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) for what cannot be. */
export function readSettings(options: ErrorsOptions): {
  readonly development: boolean;
  readonly allowRemote: boolean;
  readonly onError: ErrorHook | undefined;
  readonly render: RenderHook | undefined;
} {
  return readOptions("errors", options, {
    development: flag({ or: false }),
    allowRemote: flag({ or: false }),
    onError: hook<ErrorHook>(),
    render: hook<RenderHook>(),
  });
}
