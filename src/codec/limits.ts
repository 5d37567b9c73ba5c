/** Limits of what a peer may send. Every decoder takes them as options. */
export interface DecodeLimits {
  /**
   * Largest payload in bytes; one more is refused as soon as the header is read.
   * Default 65 535, all the 16 bits can say, because nginx sends blocks up to that size (uWSGI's
   * default of 4 096 is its users' most frequent 502).
   */
  readonly maxDatasize?: number;
  /** Most vars in one block. Default 1 000, gunicorn's figure; uWSGI stops at 128. */
  readonly maxVars?: number;
}

/** Most bytes a payload can have: datasize is an unsigned 16-bit number. */
export const MAX_DATASIZE = 65_535;

/** Bytes of the packet header: modifier1, datasize (2, little-endian), modifier2. */
export const HEADER_BYTES = 4;

export const DEFAULT_MAX_VARS = 1_000;
