/** `uisge decode`: bytes of the wire -> what is in them, and back. */
import type { CommandDefinition, ValuesOf } from "./frame/definition.ts";

const options = [
  { name: "hex", summary: "FILE is hex: plain, xxd, hexdump -C, od -tx1, \\x00, tcpdump -X" },
  { name: "raw", summary: "FILE is the bytes themselves" },
  { name: "base64", summary: "FILE is base64" },
  { name: "pcap", summary: "FILE is a capture (.pcap, .pcapng), whose TCP streams are put together" },
  {
    name: "direction",
    value: "KIND",
    choices: ["request", "response", "auto"],
    summary: "request, response, or auto: by the first bytes (auto)",
  },
  { name: "port", value: "N", summary: "of a network capture: connections with that port only" },
  { name: "redact", summary: "hide the values of Cookie, Set-Cookie, Authorization..." },
  { name: "max-body", value: "N", summary: "show N bytes of a body (all)" },
  { name: "json", summary: "JSON instead of text; bytes are characters U+0000-U+00FF" },
  {
    name: "encode",
    summary:
      "the way back: FILE is such text or JSON, output is bytes; with --hex or --base64 as such, and hex for a terminal",
  },
] as const;

export type DecodeValues = ValuesOf<typeof options>;

export const definition: CommandDefinition = {
  name: "decode",
  summary: "say what is in bytes of the protocol",
  synopsis: ["[FILE|-] [options]"],
  positionals: [
    {
      name: "FILE|-",
      summary:
        "packets, bodies, responses; what it is, is guessed where no option says it; - is standard input (the default)",
      isOptional: true,
      completes: "file",
    },
  ],
  options,
  examples: [
    "uisge decode request.bin",
    "tcpdump -i lo -w - port 3031 | uisge decode --port 3031 -",
    "echo 'packet modifier1=100' | uisge decode --encode --hex",
  ],
  exitCodes: [[0, "all is sound"], [65, "something is broken or missing, or cannot be read"], 77],
  run: async ({ values, positionals: [file = "-"] }) =>
    (await import("./decode/run-decode.ts")).runDecode(file, values),
};
