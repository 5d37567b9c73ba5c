/**
 * How an option is written down in the schema: a type of TypeBox, with what else is known of the option beside it, under
 * `option`. Loaded by whoever makes the table of options (`scripts/options.js`), and by `uisge/config/schema`.
 */
import { type SchemaOptions, type TObject, type TProperties, type TSchema, Type } from "@sinclair/typebox";
import type { Option, OptionKind } from "../option.ts";

/** What is said of an option beside its type. */
export type About = Omit<Option, "name" | "kind" | "isList" | "choices" | "least" | "most"> & {
  readonly isList?: never;
};

type Range = { readonly least?: number; readonly most?: number };

/** The annotation, and what JSON Schema itself has a word for. */
function annotated(kind: OptionKind, about: About, more: Partial<Option> = {}): SchemaOptions {
  const { summary, details } = about;
  const description = `${summary}.${details === undefined ? "" : ` ${details}`}`;
  return { description, option: { kind, ...about, ...more } };
}

/** Text that is not empty. `kind`: what it names. */
export function text(about: About, kind: "text" | "address" | "file" | "folder" = "text"): TSchema {
  return Type.String({ minLength: 1, ...annotated(kind, about) });
}

/** A name, or a number. */
export function name(about: About): TSchema {
  return Type.Union([Type.String({ minLength: 1 }), Type.Integer({ minimum: 0 })], annotated("name", about));
}

export function flag(about: About): TSchema {
  return Type.Boolean(annotated("flag", about));
}

/** A whole number. */
export function count({ least = 0, most, ...about }: About & Range): TSchema {
  const range = { least, ...(most === undefined ? {} : { most }) };
  return Type.Integer({
    minimum: least,
    ...(most === undefined ? {} : { maximum: most }),
    ...annotated("count", about, range),
  });
}

/** As many digits as are read: some thirty years. */
const MOST_SECONDS = 999_999_999;

/** Seconds; `least` and `most` are seconds, too. `off` beside a number: for a limit that may be none. */
export function seconds({ least = 0, most, ...about }: About & Range): TSchema {
  const range = { least, ...(most === undefined ? {} : { most }) };
  const number = { minimum: least, maximum: most ?? MOST_SECONDS };
  if (about.mayBeOff !== true) return Type.Number({ ...number, ...annotated("seconds", about, range) });
  return Type.Union([Type.Number(number), Type.Literal("off")], annotated("seconds", about, range));
}

export function workers({ least = 1, most, ...about }: About & Range): TSchema {
  const range = { least, ...(most === undefined ? {} : { most }) };
  const number = Type.Integer({ minimum: least, ...(most === undefined ? {} : { maximum: most }) });
  return Type.Union([number, Type.Literal("auto")], annotated("workers", about, range));
}

/** A mode: octal digits, `least` of them, as chmod(1) takes them. Files may say a number with these digits. */
export function octal({ least = 1, ...about }: About & { readonly least?: number }): TSchema {
  const digits = Type.String({ pattern: `^(?:0o)?[0-7]{${least},4}$` });
  return Type.Union(
    [digits, Type.Integer({ minimum: least === 1 ? 0 : 10 ** (least - 1), maximum: 7_777 })],
    annotated("octal", about, { least }),
  );
}

export function choice(choices: readonly string[], about: About): TSchema {
  const literals = choices.map((one) => Type.Literal(one));
  return Type.Union(literals, annotated("choice", about, { choices }));
}

/** The same option for more than one: a list, or one of it. */
export function list(item: TSchema): TSchema {
  const { option, description = "", ...plain } = item as TSchema & { readonly option: Partial<Option> };
  const one = plain as TSchema;
  return Type.Union([one, Type.Array(one)], { description, option: { ...option, isList: true } });
}

/** NAME=VALUE, given again for more; an object in files. */
export function pairs(about: About): TSchema {
  const value = Type.Union([Type.String(), Type.Number(), Type.Boolean()]);
  const pair = Type.String({ pattern: "^[^=]+=" });
  return Type.Union(
    [pair, Type.Array(pair), Type.Record(Type.String(), value)],
    annotated("pair", about, { isList: true }),
  );
}

/** What has a name, and options of its own: `options` is their schema. */
export function named(options: TSchema, about: About, choices?: readonly string[]): TSchema {
  const key = choices === undefined ? Type.String() : Type.Union(choices.map((one) => Type.Literal(one)));
  return Type.Record(
    key,
    options,
    annotated("named", about, { isList: true, ...(choices === undefined ? {} : { choices }) }),
  );
}

/** The same, in an order: a list of names, or of objects with one name each. */
export function namedList(options: TSchema, about: About, choices: readonly string[]): TSchema {
  const literal = Type.Union(choices.map((one) => Type.Literal(one)));
  const one = Type.Union([
    literal,
    Type.Partial(Type.Record(literal, options), { additionalProperties: false, maxProperties: 1, minProperties: 1 }),
  ]);
  return Type.Union([one, Type.Array(one)], annotated("named", about, { isList: true, choices }));
}

/** Options that go together: each may be left out, and there are no others. */
export function section(properties: TProperties): TObject {
  return Type.Partial(Type.Object(properties), { additionalProperties: false }) as TObject;
}
