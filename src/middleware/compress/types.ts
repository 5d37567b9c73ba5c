/** Which types are worth it: by the package compressible, which asks the database mime-db. */
import compressible from "compressible";
import type { Settings } from "./options.ts";

/** Text, which the database does not know. */
const UNREGISTERED = ["application/x-ndjson", "application/jsonl", "application/json-seq"];

/** Says nothing of what it is; the database has it as worth it, but most of it are archives and images. */
const UNKNOWN = "application/octet-stream";

/** An application has few types: so many are looked up once. */
const MOST_REMEMBERED = 200;

/** Longer ones have a parameter that may be another each time. */
const MOST_CHARACTERS = 100;

/** Tells for the value of a Content-Type whether it is to be compressed. */
export function typeFilter({ types, moreTypes }: Pick<Settings, "types" | "moreTypes">): (value: string) => boolean {
  const listed = [...(types ?? UNREGISTERED), ...moreTypes].map((one) => one.toLowerCase());
  const exact = new Set(listed);
  const prefixes = listed.filter((one) => one.endsWith("/*")).map((one) => one.slice(0, -1));
  const decide = (value: string): boolean => {
    const type = essenceOf(value);
    if (exact.has(type) || prefixes.some((prefix) => type.startsWith(prefix))) return true;
    return types === undefined && type !== UNKNOWN && compressible(type) === true;
  };
  const remembered = new Map<string, boolean>();
  return (value) => {
    const known = remembered.get(value);
    if (known !== undefined) return known;
    const decided = decide(value);
    if (value.length > MOST_CHARACTERS) return decided;
    if (remembered.size >= MOST_REMEMBERED) remembered.clear();
    remembered.set(value, decided);
    return decided;
  };
}

/** The type without its parameters, in lower case. */
export function essenceOf(value: string): string {
  const semicolon = value.indexOf(";");
  return (semicolon < 0 ? value : value.slice(0, semicolon)).trim().toLowerCase();
}
