/**
 * zlib, and how it is set. The window and tables of a stream are held as long as the stream lives; measured with Node
 * 24, all in all: gzip 320 KiB, brotli 900, zstd 650, and for what lives long (`live`) 150, 320 and 160.
 */
import type { Transform } from "node:stream";
import * as zlib from "node:zlib";
import type { Coding, Settings } from "./options.ts";

/** A stream of zlib. */
export type CodingStream = Transform & { flush(kind: number, callback: () => void): void };

/** One coding, as it was set. */
export interface Coder {
  readonly coding: Coding;
  /** What `flush` of a stream takes: all that was written can be read, and nothing is forgotten. */
  readonly flushKind: number;
  /** False at levels that take their time with the smallest body. */
  readonly isQuick: boolean;
  /** Takes the thread: for what is small. */
  codeNow(bytes: Uint8Array): Uint8Array;
  /** In another thread. */
  codeLater(bytes: Uint8Array): Promise<Uint8Array>;
  /** The caller destroys it. `live`: small, and each write comes out at once. */
  open(use: "bulk" | "live"): CodingStream;
}

type Levels = Pick<Settings, "gzipLevel" | "brotliQuality" | "zstdLevel">;

/** Undefined where the runtime has it not. */
export function coderOf(coding: Coding, levels: Levels): Coder | undefined {
  if (coding === "gzip") return gzip(levels.gzipLevel);
  return coding === "br" ? brotli(levels.brotliQuality) : zstd(levels.zstdLevel);
}

type Later = (bytes: Uint8Array, options: object, done: (error: Error | null, coded: Uint8Array) => void) => void;

function later(code: Later, bytes: Uint8Array, options: object): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    code(bytes, options, (error, coded) => {
      if (error === null) resolve(coded);
      else reject(error);
    });
  });
}

/** Bytes that come out of a live stream at a time. */
const LIVE_CHUNK = 4_096;

function gzip(level: number): Coder {
  const { Z_SYNC_FLUSH } = zlib.constants;
  const live = { level, windowBits: 13, memLevel: 5, chunkSize: LIVE_CHUNK, flush: Z_SYNC_FLUSH };
  return {
    coding: "gzip",
    isQuick: true,
    flushKind: Z_SYNC_FLUSH,
    codeNow: (bytes) => zlib.gzipSync(bytes, { level }),
    codeLater: (bytes) => later(zlib.gzip, bytes, { level }),
    open: (use) => zlib.createGzip(use === "live" ? live : { level }),
  };
}

function brotli(quality: number): Coder {
  const { BROTLI_OPERATION_FLUSH, BROTLI_PARAM_LGWIN, BROTLI_PARAM_QUALITY } = zlib.constants;
  const params = { [BROTLI_PARAM_QUALITY]: quality, [BROTLI_PARAM_LGWIN]: 18 };
  // Beyond 3 the tables are three times as large, however small the window is.
  const small = { [BROTLI_PARAM_QUALITY]: Math.min(quality, 3), [BROTLI_PARAM_LGWIN]: 14 };
  const live = { params: small, chunkSize: LIVE_CHUNK, flush: BROTLI_OPERATION_FLUSH };
  return {
    coding: "br",
    isQuick: quality <= 6,
    flushKind: BROTLI_OPERATION_FLUSH,
    codeNow: (bytes) => zlib.brotliCompressSync(bytes, { params }),
    codeLater: (bytes) => later(zlib.brotliCompress, bytes, { params }),
    open: (use) => zlib.createBrotliCompress(use === "live" ? live : { params }),
  };
}

/** What Node has since 22.15 and 23.8. */
interface Zstd {
  readonly zstdCompress?: Later;
  readonly zstdCompressSync?: (bytes: Uint8Array, options: object) => Uint8Array;
  readonly createZstdCompress?: (options: object) => CodingStream;
}

/** Of zstd.h; Node's names for them are as new as the functions. */
const ZSTD = { level: 100, windowLog: 101, hashLog: 102, chainLog: 103, flush: 1 } as const;

function zstd(level: number): Coder | undefined {
  const { zstdCompress, zstdCompressSync, createZstdCompress } = zlib as unknown as Zstd;
  if (zstdCompress === undefined || zstdCompressSync === undefined || createZstdCompress === undefined) {
    return undefined;
  }
  // By its size it takes tables that fit; else making these takes longer than a small body.
  const whole = (bytes: Uint8Array): object => ({ params: { [ZSTD.level]: level }, pledgedSrcSize: bytes.length });
  const sized = (window: number, tables: number): object => ({
    [ZSTD.level]: level,
    [ZSTD.windowLog]: window,
    [ZSTD.hashLog]: tables,
    [ZSTD.chainLog]: tables,
  });
  return {
    coding: "zstd",
    isQuick: level <= 6,
    flushKind: ZSTD.flush,
    codeNow: (bytes) => zstdCompressSync(bytes, whole(bytes)),
    codeLater: (bytes) => later(zstdCompress, bytes, whole(bytes)),
    open: (use) =>
      createZstdCompress(
        use === "live"
          ? { params: sized(14, 13), chunkSize: LIVE_CHUNK, flush: ZSTD.flush }
          : { params: sized(17, 15) },
      ),
  };
}
