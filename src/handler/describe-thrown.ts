/** What was thrown, as text for a log; not every value can be made a string. */
export function describeThrown(error: unknown): string {
  if (error instanceof Error) return error.stack ?? error.message;
  return typeof error === "string" ? error : typeof error;
}
