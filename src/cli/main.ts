#!/usr/bin/env node
/** The `uisge` command. Nothing but the signals is imported at once: the rest takes its time to load. */
import { endBySignals, holdSignals, shutDebugger } from "./early-signals.ts";

shutDebugger();
// Whoever reloads, upgrades or stops a server does not know that it is still starting.
if (process.argv[2] === "serve") holdSignals();
else endBySignals();
await import("./run-command.ts");
