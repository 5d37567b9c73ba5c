/** Bodies: what `-d`, `--json`, `-F` and `-T` make, in pieces whose length is known before they are read. */
import { randomBytes } from "node:crypto";
import { type FileHandle, open, readFile } from "node:fs/promises";
import { basename } from "node:path";
import { spool } from "../../client/index.ts";
import type { CurlOptions, DataOption } from "./curl-options.ts";
import { usageFailure } from "./curl-options.ts";
import { CurlFailure, exits } from "./failure.ts";
import { type FormPart, readFormPart } from "./form-part.ts";

/** Bytes, or a file that is read when it is sent. */
export type Piece = Uint8Array | FilePiece;

interface FilePiece {
  readonly file: string;
  readonly length: number;
}

export interface RequestBody {
  readonly contentType: string | undefined;
  readonly length: number;
  /** From the beginning, each time. */
  open(): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/** Most bytes of standard input that are kept, in a file, to know their number. */
const MOST_SPOOLED = 64 * 1024 ** 3;

const FORM = "application/x-www-form-urlencoded";

/** The body that the options ask for; undefined for none. Throws a CurlFailure (2, 26). */
export async function makeBody({ data, form, values, flags }: CurlOptions): Promise<RequestBody | undefined> {
  const upload = values.get("upload-file");
  const isData = data.length > 0 && !flags.has("get");
  const asked = [isData && "-d", form.length > 0 && "-F", upload !== undefined && "-T", flags.has("head") && "-I"];
  const conflict = asked.filter((option) => option !== false);
  if (conflict.length > 1) throw usageFailure(`${conflict.join(" and ")}: you can only select one HTTP request method`);
  if (upload !== undefined) return makeUpload(upload);
  if (isData) return ofPieces(await joinData(data), FORM);
  if (form.length === 0) return undefined;
  const parts = await Promise.all(form.map(({ text, isLiteral }) => readFormPart(text, isLiteral, pieceOf)));
  return makeForm(parts);
}

/** What `-G` puts behind the path; "" for nothing. */
export async function makeQuery({ data, flags }: CurlOptions): Promise<string> {
  if (!flags.has("get") || data.length === 0) return "";
  const pieces = await joinData(data);
  return Buffer.concat(await collect(ofPieces(pieces, undefined).open())).toString("latin1");
}

/** A file of the command line, whole; `-` is standard input. Throws a CurlFailure (26). */
export async function readSource(file: string): Promise<Buffer> {
  if (file === "-") return Buffer.concat(await collect(process.stdin as AsyncIterable<Uint8Array>));
  try {
    return await readFile(file);
  } catch (error) {
    throw unreadable(file, error);
  }
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return all;
}

async function joinData(data: readonly DataOption[]): Promise<Piece[]> {
  const pieces: Piece[] = [];
  for (const option of data) {
    // Pieces of JSON are one text.
    if (pieces.length > 0 && option.kind !== "json") pieces.push(Buffer.from("&"));
    pieces.push(...(await dataPieces(option)));
  }
  return pieces;
}

async function dataPieces({ kind, text }: DataOption): Promise<Piece[]> {
  if (kind === "data-urlencode") return [Buffer.from(await urlencode(text), "latin1")];
  if (kind === "data-raw" || !text.startsWith("@")) return [Buffer.from(text, "utf8")];
  const file = text.slice(1);
  if (kind !== "data") return [await pieceOf(file)];
  // As curl: a text file's line ends are not part of the form.
  const stripped = (await readSource(file)).filter((byte) => byte !== 10 && byte !== 13 && byte !== 0);
  return [stripped];
}

/** `content`, `=content`, `name=content`, `@file` or `name@file`; the name goes out as it is. */
async function urlencode(text: string): Promise<string> {
  const at = text.search(/[=@]/);
  const name = at > 0 ? text.slice(0, at) : "";
  const isFile = text[at] === "@";
  const content = isFile ? await readSource(text.slice(at + 1)) : Buffer.from(text.slice(at + 1), "utf8");
  const encoded = content
    .toString("latin1")
    .replace(/[^A-Za-z0-9\-._~]/g, (character) =>
      character === " " ? "+" : `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
    );
  return name === "" ? encoded : `${Buffer.from(name, "utf8").toString("latin1")}=${encoded}`;
}

async function makeUpload(file: string): Promise<RequestBody> {
  if (file !== "-" && file !== ".") return ofPieces([await pieceOf(file)], undefined);
  const spooled = await spool(process.stdin as AsyncIterable<Uint8Array>, MOST_SPOOLED);
  return {
    contentType: undefined,
    length: spooled.length,
    open: () => spooled.body,
    close: async () => spooled[Symbol.asyncDispose](),
  };
}

/** A file as it is: of a regular one only the length is looked at. */
async function pieceOf(file: string): Promise<Piece> {
  if (file === "-") return readSource(file);
  try {
    const handle = await open(file);
    try {
      const stats = await handle.stat();
      if (stats.isFile()) return { file, length: stats.size };
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw unreadable(file, error);
  }
  return readSource(file);
}

function makeForm(parts: readonly FormPart[]): RequestBody {
  const boundary = `------------------------${randomBytes(12).toString("hex")}`;
  const pieces: Piece[] = [];
  for (const { head, pieces: content } of parts) {
    pieces.push(Buffer.from(`--${boundary}\r\n${head}\r\n`, "utf8"), ...content, Buffer.from("\r\n"));
  }
  pieces.push(Buffer.from(`--${boundary}--\r\n`));
  return ofPieces(pieces, `multipart/form-data; boundary=${boundary}`);
}

function ofPieces(pieces: readonly Piece[], contentType: string | undefined): RequestBody {
  return {
    contentType,
    length: pieces.reduce((sum, { length }) => sum + length, 0),
    open: () => readPieces(pieces),
    close: () => Promise.resolve(),
  };
}

async function* readPieces(pieces: readonly Piece[]): AsyncGenerator<Uint8Array, void> {
  for (const piece of pieces) {
    if (piece instanceof Uint8Array) {
      if (piece.length > 0) yield piece;
    } else yield* readFilePiece(piece);
  }
}

const CHUNK_BYTES = 65_536;

/** As many bytes as were announced; a file that has become shorter is an error, for the length has gone out. */
async function* readFilePiece({ file, length }: FilePiece): AsyncGenerator<Uint8Array, void> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file);
    for (let left = length; left > 0;) {
      const { bytesRead, buffer } = await handle.read({ buffer: Buffer.allocUnsafe(Math.min(CHUNK_BYTES, left)) });
      if (bytesRead === 0) throw new Error(`it ended ${left} bytes before the ${length} that it had`);
      left -= bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } catch (error) {
    throw unreadable(file, error);
  } finally {
    await handle?.close();
  }
}

function unreadable(file: string, error: unknown): CurlFailure {
  const why = error instanceof Error ? error.message : String(error);
  return new CurlFailure(exits.readError, `Failed to open/read local data from file ${basename(file)}: ${why}`, error);
}
