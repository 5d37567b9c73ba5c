/** Memory for packets. */

interface PooledAllocator {
  allocUnsafe(size: number): Uint8Array;
}

/** Node's Buffer pool is several times cheaper than an ArrayBuffer for each packet. */
const pool = (globalThis as { Buffer?: PooledAllocator }).Buffer;

/** `size` bytes for the caller to fill whole: what is in them is left from earlier uses. */
export function takeMemory(size: number): Uint8Array {
  return pool === undefined ? new Uint8Array(size) : pool.allocUnsafe(size);
}
