/** What pino, or a logger with its interface, is given: the members of a structured line, without what it adds itself. Pure. */
import type { ExchangeEnd } from "../diagnostics.ts";
import { accessMembers } from "./access-line.ts";
import type { DescribedError } from "./describe-error.ts";
import { escapeLine } from "./escape.ts";
import { describeThrown, type LogRecord, recordMembers, sentenceOf } from "./record.ts";

export type Members = Readonly<Record<string, unknown>>;

/** Of one request. */
export function accessForPino(message: ExchangeEnd): Members {
  return visible(accessMembers(message, {}));
}

/** Of one record, and its sentence. */
export function recordForPino(
  record: LogRecord,
  heldBack: number,
): { readonly members: Members; readonly sentence: string } {
  const error = describeThrown(record);
  const members = visible({
    event: record.event,
    ...recordMembers(record, error),
    held_back: heldBack === 0 ? undefined : heldBack,
  });
  return {
    members: error === undefined ? members : { ...members, err: errorForPino(error) },
    sentence: sentenceOf(record, error),
  };
}

/** The name that most first lines of a stack begin with. */
const TYPE = /^([A-Za-z_$][\w$]{0,99}): (.*)$/s;

/**
 * As pino's own serialiser makes it, of what is bounded and escaped already. Without a prototype: a logger's serialiser
 * would take the name of its constructor for the type.
 */
function errorForPino({ message, more, code }: DescribedError): Members {
  const [, type, words = message] = TYPE.exec(message) ?? [];
  const stack = [message, ...more].join("\n    ");
  return Object.assign(
    Object.create(null) as Members,
    type === undefined ? {} : { type },
    { message: words, stack },
    code === undefined ? {} : { code },
  );
}

/**
 * Without what is undefined, and with what a terminal may obey written as `\xHH`: unlike a line of JSON, these values are
 * printed as they are, by pino-pretty or by whoever has the object.
 */
function visible(members: Members): Members {
  const made: Record<string, unknown> = {};
  for (const name in members) {
    const value = members[name];
    if (typeof value === "string") made[name] = escapeLine(value);
    else if (value !== undefined) made[name] = value;
  }
  return made;
}
