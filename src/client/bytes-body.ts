/** A body that is there as a whole: it goes out with its packet, and can be sent again. */
export class BytesBody implements AsyncIterable<Uint8Array> {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void> {
    if (this.bytes.length > 0) yield this.bytes;
  }
}
