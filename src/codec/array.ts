/**
 * The array payload of rpc (173) and cache (111) packets: `u16 length | bytes`, repeated.
 *
 * Empty items are delivered as they are; uWSGI's own reader (`uwsgi_parse_array`) skips them, and
 * refuses a block whose last item is empty.
 */
import { LimitError, ProtocolError } from "../errors.ts";

/** uWSGI's limit for rpc: the function's name and its arguments. */
const DEFAULT_MAX_ITEMS = 255;

/**
 * Decodes an array payload into views of its items. Throws a ProtocolError
 * (`UWSGI_ITEM_PAST_END`, `UWSGI_TRAILING_BYTES`) or a LimitError (`UWSGI_ITEMS_LIMIT`).
 */
export function decodeArray(block: Uint8Array, maxItems: number = DEFAULT_MAX_ITEMS): Uint8Array[] {
  const items: Uint8Array[] = [];
  let at = 0;
  while (at < block.length) {
    if (items.length === maxItems) {
      throw new LimitError(`more than ${maxItems} array items, at most ${maxItems} are allowed`, {
        code: "UWSGI_ITEMS_LIMIT",
        offset: at,
      });
    }
    if (at + 2 > block.length) {
      throw new ProtocolError(`array ends with 1 byte at offset ${at}, the length of an item needs 2`, {
        code: "UWSGI_TRAILING_BYTES",
        offset: at,
      });
    }
    const start = at + 2;
    const end = start + ((block[at] as number) | ((block[at + 1] as number) << 8));
    if (end > block.length) {
      throw new ProtocolError(
        `array item of ${end - start} bytes at offset ${at} runs past the block, which has ${block.length - start} bytes left`,
        { code: "UWSGI_ITEM_PAST_END", offset: at },
      );
    }
    items.push(block.subarray(start, end));
    at = end;
  }
  return items;
}
