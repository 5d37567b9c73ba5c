/** What an exchange reads its bytes with. A response is one kind of reply, bare bytes are another (`raw-reply.ts`). */
export interface ReplyDecoder {
  /** True when the reply has begun: its head is there. */
  readonly isBegun: boolean;
  /** True when all of it has come; what follows is not its. */
  readonly isDone: boolean;
  /** True when the peer goes on to read behind the head what another protocol says. */
  readonly isTunnel: boolean;
  /** Takes bytes, which are the decoder's from now on, and answers those of the body among them. Throws ProtocolErrors. */
  push(bytes: Uint8Array): Uint8Array | undefined;
  /** The peer closes its side. Throws when that is too early. */
  end(): void;
}
