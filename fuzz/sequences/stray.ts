/** Errors that nobody caught, noted instead of ending the process. */

const strays: unknown[] = [];
let isListening = false;

/** Begins to note uncaught errors and unhandled rejections, for as long as the process lives. */
export function noteStrays(): void {
  if (isListening) return;
  isListening = true;
  process.on("unhandledRejection", (reason) => strays.push(reason));
  process.on("uncaughtException", (error) => strays.push(error));
}

/** Those noted since the last call. */
export function takeStrays(): unknown[] {
  return strays.splice(0);
}
