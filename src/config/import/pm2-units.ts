/** Numbers as PM2 has them. Pure. */
import { textOf } from "./value-text.ts";

const BYTES: Readonly<Record<string, number>> = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };

/** `300M`, `1G`, a number of bytes: in MiB, rounded up. */
export function megabytesOf(value: unknown): number | undefined {
  const [, digits, unit = ""] = /^([0-9]+)\s*([KMG]?)B?$/i.exec(textOf(value)) ?? [];
  if (digits === undefined) return undefined;
  return Math.max(1, Math.ceil((Number(digits) * (BYTES[unit.toUpperCase()] ?? 1)) / 2 ** 20));
}

const MS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000 };

/** `1600`, `10s`, `5m`: in seconds. */
export function secondsOf(value: unknown): number | undefined {
  const [, digits, unit = ""] = /^([0-9]+)(h|m|s|)$/.exec(textOf(value)) ?? [];
  return digits === undefined ? undefined : (Number(digits) * (MS[unit] ?? 1)) / 1_000;
}
