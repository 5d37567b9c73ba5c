/** Sizes and times as nginx writes them. */

/** `8k`, `10m`, `1g` in bytes (`ngx_parse_size`, `ngx_parse_offset`); undefined for anything else. */
export function sizeOf(text: string | undefined): number | undefined {
  const match = /^([0-9]{1,15})([kmg]?)$/i.exec(text ?? "");
  if (match === null) return undefined;
  const scale: Readonly<Record<string, number>> = { k: 1_024, m: 1_048_576, g: 1_073_741_824 };
  return Number(match[1]) * (scale[(match[2] ?? "").toLowerCase()] ?? 1);
}

/** `60`, `60s`, `1h30m`, `500ms` in milliseconds (`ngx_parse_time`); undefined for anything else. */
export function timeOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^(?=.)(?:[0-9]+(?:ms|[yMwdhms]) *)*[0-9]*$/.test(text)) return undefined;
  const day = 86_400_000;
  const scale: Readonly<Record<string, number>> = {
    y: 365 * day,
    M: 30 * day,
    w: 7 * day,
    d: day,
    h: 3_600_000,
    m: 60_000,
    s: 1_000,
    ms: 1,
  };
  let sum = 0;
  for (const [, count, unit] of text.matchAll(/([0-9]+)(ms|[yMwdhms])?/g)) {
    sum += Number(count) * (scale[unit ?? "s"] ?? 0);
  }
  return sum;
}
