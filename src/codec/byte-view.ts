/** Bytes seen four at a time. */

let view: DataView = new DataView(new ArrayBuffer(0));
/** What `viewOf` was asked for last: to ask it for its memory and its offset costs more than to remember them. */
let viewed: Uint8Array | undefined;

/** Where the bytes that `viewOf` was asked for last start in its view. */
export let viewOffset = 0;

/** A view of all memory that `bytes` is a part of. */
export function viewOf(bytes: Uint8Array): DataView {
  if (viewed === bytes) return view;
  viewed = bytes;
  viewOffset = bytes.byteOffset;
  // Packets come out of the same memory: the view mostly stays.
  if (view.buffer !== bytes.buffer) view = new DataView(bytes.buffer);
  return view;
}
