import test from "ava";
import {
  checkHeader,
  checkStatus,
  decodeResponseHead,
  encodeResponseHead,
  formatResponseHead,
  type Header,
  reasons,
  type ResponseHead,
} from "../../src/codec/index.ts";
import { LimitError, ProtocolError } from "../../src/errors.ts";
import { concat, faultOf, hex, latin1 } from "../helpers/wire.ts";

function read(text: string, maxHeadBytes?: number): ResponseHead | undefined {
  return decodeResponseHead(latin1(text), maxHeadBytes === undefined ? undefined : { maxHeadBytes });
}

// Writing

test("a head is a status line, headers in their order, and an empty line", (t) => {
  const headers: Header[] = [
    ["Content-Type", "text/plain"],
    ["Set-Cookie", "a=1"],
    ["Set-Cookie", "b=2"],
  ];
  t.is(
    formatResponseHead({ status: 200, headers }),
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\n",
  );
});

test("a head without headers is a status line and an empty line", (t) => {
  t.is(formatResponseHead({ status: 204 }), "HTTP/1.1 204 No Content\r\n\r\n");
});

test("a reason may be given", (t) => {
  t.is(formatResponseHead({ status: 200, reason: "Très bien" }), "HTTP/1.1 200 Très bien\r\n\r\n");
});

test("a status without a registered phrase has an empty reason", (t) => {
  t.is(formatResponseHead({ status: 299 }), "HTTP/1.1 299 \r\n\r\n");
});

test("an empty reason stays empty", (t) => {
  t.is(formatResponseHead({ status: 200, reason: "" }), "HTTP/1.1 200 \r\n\r\n");
});

test("headers may come from a map", (t) => {
  t.is(formatResponseHead({ status: 200, headers: new Map([["A", "1"]]) }), "HTTP/1.1 200 OK\r\nA: 1\r\n\r\n");
});

test("a header value may be empty and may have tabs and latin-1 inside", (t) => {
  t.is(
    formatResponseHead({
      status: 200,
      headers: [
        ["A", ""],
        ["B", "x\ty é"],
      ],
    }),
    "HTTP/1.1 200 OK\r\nA: \r\nB: x\ty é\r\n\r\n",
  );
});

test("an encoded head has the bytes of the formatted one", (t) => {
  const headers: Header[] = [["X-A", "ÿ".repeat(100)]];
  const head = { status: 404, reason: "Où", headers };
  t.is(hex(encodeResponseHead(head)), hex(latin1(formatResponseHead(head))));
});

test("the registered phrases are those of the registry", (t) => {
  t.deepEqual(
    [100, 200, 302, 304, 404, 413, 422, 500, 502, 511].map((status) => reasons.get(status)),
    [
      "Continue",
      "OK",
      "Found",
      "Not Modified",
      "Not Found",
      "Content Too Large",
      "Unprocessable Content",
      "Internal Server Error",
      "Bad Gateway",
      "Network Authentication Required",
    ],
  );
});

test("every registered phrase can be written", (t) => {
  for (const [status, reason] of reasons) t.is(read(formatResponseHead({ status }))?.reason, reason);
});

for (const status of [100, 299, 999]) {
  test(`status ${status} can be written`, (t) => {
    t.notThrows(() => checkStatus(status, ""));
  });
}

for (const status of [99, 1_000, 0, -200, 200.5, Number.NaN, Number.POSITIVE_INFINITY, "200" as unknown as number]) {
  test(`status ${JSON.stringify(status)} ${String(status)} is refused`, (t) => {
    t.deepEqual(
      faultOf(() => formatResponseHead({ status, reason: "" })),
      {
        name: "RangeError",
        code: "UWSGI_INVALID_STATUS",
        message: `status ${status}, allowed are whole numbers from 100 to 999`,
      },
    );
  });
}

for (const reason of ["a\r\nSet-Cookie: x=1", "a\nb", "a\rb", "a\0b", "a\x7fb", "\x1b[31m", "€"]) {
  test(`reason ${JSON.stringify(reason)} is refused`, (t) => {
    t.deepEqual(
      faultOf(() => formatResponseHead({ status: 200, reason })),
      {
        name: "TypeError",
        code: "UWSGI_INVALID_STATUS",
        message: `reason ${JSON.stringify(reason)} has a character that a status line cannot carry`,
      },
    );
  });
}

for (const name of ["", "a b", "a:", ":a", " a", "a ", "a\r\nb", "a\0", "ä", "a/b", "(a)", "a\tb", '"a"', "€"]) {
  test(`header name ${JSON.stringify(name)} is refused`, (t) => {
    t.deepEqual(
      faultOf(() => checkHeader(name, "1")),
      {
        name: "TypeError",
        code: "UWSGI_INVALID_HEADER",
        message: `header name ${JSON.stringify(name)} is not a token (letters, digits and !#$%&'*+-.^_\`|~)`,
      },
    );
  });
}

for (const name of ["A", "content-type", "X-1", "!#$%&'*+-.^_`|~", "x".repeat(5_000)]) {
  test(`header name ${name.slice(0, 20)} of ${name.length} characters is allowed`, (t) => {
    t.notThrows(() => checkHeader(name, "1"));
    t.notThrows(() => checkHeader(name, "1"));
  });
}

test("a refused header name is refused again", (t) => {
  for (const _ of [1, 2, 3]) t.is(faultOf(() => checkHeader("a b", "1"))?.code, "UWSGI_INVALID_HEADER");
});

test("thousands of different header names are checked, each for itself", (t) => {
  for (let i = 0; i < 2_000; i++) {
    checkHeader(`X-Name-${i}`, "1");
    t.is(faultOf(() => checkHeader(`X Name ${i}`, "1"))?.code, "UWSGI_INVALID_HEADER");
  }
});

for (const [value, shown, index] of [
  ["a\r\nSet-Cookie: x=1", '"\\r"', 1],
  ["a\nb", '"\\n"', 1],
  ["a\rb", '"\\r"', 1],
  ["\r\n", '"\\r"', 0],
  ["a secret\0b", '"\\u0000"', 8],
  ["\x01", '"\\u0001"', 0],
  ["\x1f", '"\\u001f"', 0],
  ["a\x7fb", '"\x7f"', 1],
  ["a\x0bb", '"\\u000b"', 1],
] as const) {
  test(`header value ${JSON.stringify(value)} is refused, and the message does not show it`, (t) => {
    t.deepEqual(
      faultOf(() => checkHeader("X-A", value)),
      {
        name: "TypeError",
        code: "UWSGI_INVALID_HEADER",
        message: `value of header X-A has a control character, ${shown}, at index ${index}`,
      },
    );
  });
}

for (const value of [" a", "a ", "\ta", "a\t", " ", "\t"]) {
  test(`header value ${JSON.stringify(value)} is refused: a reader would drop its blanks`, (t) => {
    t.deepEqual(
      faultOf(() => checkHeader("X-A", value)),
      {
        name: "TypeError",
        code: "UWSGI_INVALID_HEADER",
        message: "value of header X-A has blanks at its edges",
      },
    );
  });
}

test("a header value above U+00FF is refused, with its place", (t) => {
  t.deepEqual(
    faultOf(() => checkHeader("X-A", "caf\u0301e")),
    {
      name: "TypeError",
      code: "UWSGI_NOT_LATIN1",
      message:
        "value of header X-A has U+0301 at index 3; allowed are U+0000 to U+00FF: encode the text first and pass its bytes",
    },
  );
});

for (const [what, value] of [
  ["undefined", undefined],
  ["null", null],
  ["number", 5],
  ["object", ["a"]],
] as const) {
  test(`a header value that is ${what} is refused`, (t) => {
    t.deepEqual(
      faultOf(() => checkHeader("X-A", value as unknown as string)),
      {
        name: "TypeError",
        code: "UWSGI_INVALID_HEADER",
        message: `value of header X-A is ${what}, a string is needed`,
      },
    );
  });
}

test("a header name that is not a string is refused", (t) => {
  t.is(faultOf(() => checkHeader(5 as unknown as string, "1"))?.code, "UWSGI_INVALID_HEADER");
});

test("one bad header refuses the whole head", (t) => {
  t.is(
    faultOf(() =>
      encodeResponseHead({
        status: 200,
        headers: [
          ["A", "1"],
          ["B", "x\ny"],
        ],
      }),
    )?.code,
    "UWSGI_INVALID_HEADER",
  );
});

// Reading: HTTP form

test("a head with a status line is read", (t) => {
  t.deepEqual(read("HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nA: 1\r\n\r\nbody"), {
    status: 404,
    reason: "Not Found",
    headers: [
      ["Content-Type", "text/plain"],
      ["A", "1"],
    ],
    form: "http",
    byteLength: 58,
  });
});

test("the body starts at byteLength", (t) => {
  const bytes = latin1("HTTP/1.1 200 OK\r\n\r\n\r\nbody");
  t.deepEqual(bytes.subarray(decodeResponseHead(bytes)?.byteLength), latin1("\r\nbody"));
});

test("a head without headers is read", (t) => {
  t.deepEqual(read("HTTP/1.1 204 No Content\r\n\r\n")?.headers, []);
});

for (const [line, status, reason] of [
  ["HTTP/1.0 200 OK", 200, "OK"],
  ["HTTP/2.0 200 OK", 200, "OK"],
  ["HTTP/2 200 OK", 200, "OK"],
  ["HTTP/1.1 200", 200, ""],
  ["HTTP/1.1 200 ", 200, ""],
  ["HTTP/1.1 999 Tr\xe8s", 999, "Tr\xe8s"],
  ["HTTP/1.1 100 Continue", 100, "Continue"],
] as const) {
  test(`status line ${JSON.stringify(line)} is read`, (t) => {
    t.like(read(`${line}\r\n\r\n`), { status, reason, form: "http" });
  });
}

test("line ends may be LF alone", (t) => {
  t.like(read("HTTP/1.1 200 OK\nA: 1\nB: 2\n\nbody"), {
    headers: [
      ["A", "1"],
      ["B", "2"],
    ],
    byteLength: 27,
  });
});

test("line ends may be mixed", (t) => {
  t.like(read("HTTP/1.1 200 OK\nA: 1\r\nB: 2\n\r\nbody"), {
    headers: [
      ["A", "1"],
      ["B", "2"],
    ],
    byteLength: 29,
  });
  t.like(read("HTTP/1.1 200 OK\r\nA: 1\r\n\nbody"), { headers: [["A", "1"]], byteLength: 24 });
});

test("blanks around a value are not part of it, those inside are", (t) => {
  t.deepEqual(read("HTTP/1.1 200 OK\r\nA:1\r\nB: \t 2  3 \t\r\nC:\r\nD:  \r\n\r\n")?.headers, [
    ["A", "1"],
    ["B", "2  3"],
    ["C", ""],
    ["D", ""],
  ]);
});

test("a value may have colons and latin-1", (t) => {
  t.deepEqual(read("HTTP/1.1 200 OK\r\nLocation: http://\xe9:80/\r\n\r\n")?.headers, [["Location", "http://\xe9:80/"]]);
});

test("duplicates and spelling of headers are kept", (t) => {
  t.deepEqual(read("HTTP/1.1 200 OK\r\nset-cookie: a\r\nSET-Cookie: b\r\n\r\n")?.headers, [
    ["set-cookie", "a"],
    ["SET-Cookie", "b"],
  ]);
});

test("Status behind a status line is a header like others", (t) => {
  t.like(read("HTTP/1.1 200 OK\r\nStatus: 404 Not Found\r\n\r\n"), {
    status: 200,
    headers: [["Status", "404 Not Found"]],
  });
});

test("Location behind a status line does not change the status", (t) => {
  t.is(read("HTTP/1.1 201 Created\r\nLocation: /x\r\n\r\n")?.status, 201);
});

// Reading: CGI form

test("a head whose first line is a header has its status in Status", (t) => {
  t.deepEqual(read("Content-Type: text/plain\r\nStatus: 404 Not Found\r\nA: 1\r\n\r\nbody"), {
    status: 404,
    reason: "Not Found",
    headers: [
      ["Content-Type", "text/plain"],
      ["A", "1"],
    ],
    form: "cgi",
    byteLength: 57,
  });
});

for (const [line, status, reason] of [
  ["Status: 201", 201, ""],
  ["status:201 Created", 201, "Created"],
  ["STATUS: 500  Two blanks", 500, " Two blanks"],
] as const) {
  test(`${JSON.stringify(line)} is read as a status`, (t) => {
    t.like(read(`${line}\r\n\r\n`), { status, reason, headers: [], form: "cgi" });
  });
}

test("without Status and Location the status is 200", (t) => {
  t.like(read("Content-Type: text/plain\n\n"), { status: 200, reason: "OK", form: "cgi" });
});

test("Location without Status means 302", (t) => {
  t.like(read("Content-Type: text/plain\nlocation: /x\n\n"), {
    status: 302,
    reason: "Found",
    headers: [
      ["Content-Type", "text/plain"],
      ["location", "/x"],
    ],
  });
});

test("Status wins over Location", (t) => {
  t.is(read("Location: /x\nStatus: 301\n\n")?.status, 301);
});

// Reading: refusals

for (const [rule, text, message, offset] of [
  ["a header line without a colon", "HTTP/1.1 200 OK\r\nnonsense\r\n\r\n", 'header line "nonsense" has no colon', 17],
  [
    "a second header line without a colon, LF line ends",
    "HTTP/1.1 200 OK\nA: 1\nnonsense\n\n",
    'header line "nonsense" has no colon',
    21,
  ],
  ["a name that is no token", "HTTP/1.1 200 OK\r\na b: 1\r\n\r\n", 'header name "a b" is not a token', 17],
  ["a blank before the colon", "HTTP/1.1 200 OK\r\nA : 1\r\n\r\n", 'header name "A " is not a token', 17],
  ["an empty name", "HTTP/1.1 200 OK\r\n: 1\r\n\r\n", 'header name "" is not a token', 17],
  ["a folded line", "HTTP/1.1 200 OK\r\nA: 1\r\n  2\r\n\r\n", 'header line "  2" has no colon', 23],
  ["a folded line with a colon", "HTTP/1.1 200 OK\r\nA: 1\r\n\tb: 2\r\n\r\n", 'header name "\\tb" is not a token', 23],
  ["NUL in a value", "HTTP/1.1 200 OK\r\nA: 1\0\r\n\r\n", 'value of header A has a control character: "1\\u0000"', 17],
  ["CR in a value", "HTTP/1.1 200 OK\r\nA: 1\r2\r\n\r\n", 'value of header A has a control character: "1\\r2"', 17],
  ["a control character in the reason", "HTTP/1.1 200 O\x07K\r\n\r\n", 'reason "O\\u0007K" has a control character', 0],
  ["two Status headers", "Status: 200\r\nStatus: 404\r\n\r\n", "two Status headers, at most 1 is allowed", 0],
  [
    "a Status that is no number",
    "Status: OK\r\n\r\n",
    'Status is "OK", allowed is a number from 100 to 999 and a reason',
    0,
  ],
  ["an empty Status", "Status:\r\n\r\n", 'Status is "", allowed is a number from 100 to 999 and a reason', 0],
  [
    "a Status of four digits",
    "Status: 2000\r\n\r\n",
    'Status is "2000", allowed is a number from 100 to 999 and a reason',
    0,
  ],
  ["a Status below 100", "Status: 099\r\n\r\n", 'Status is "099", allowed is a number from 100 to 999 and a reason', 0],
] as const) {
  test(`refused: ${rule}`, (t) => {
    t.deepEqual(
      faultOf(() => read(text)),
      { name: "ProtocolError", code: "UWSGI_BAD_RESPONSE_HEAD", offset, message },
    );
  });
}

for (const [rule, text, dump] of [
  [
    "a status line without a number",
    "HTTP/1.1 OK\r\n\r\n",
    '48 54 54 50 2f 31 2e 31 20 4f 4b 0d 0a 0d 0a "HTTP/1.1 OK...."',
  ],
  [
    "a status of four digits",
    "HTTP/1.1 2000\r\n\r\n",
    '48 54 54 50 2f 31 2e 31 20 32 30 30 30 0d 0a 0d "HTTP/1.1 2000..."...',
  ],
  ["a status below 100", "HTTP/1.1 099\r\n\r\n", '48 54 54 50 2f 31 2e 31 20 30 39 39 0d 0a 0d 0a "HTTP/1.1 099...."'],
  ["HTTP/3", "HTTP/3 200\r\n\r\n", '48 54 54 50 2f 33 20 32 30 30 0d 0a 0d 0a "HTTP/3 200...."'],
  ["a first line without a colon", "hello\r\n\r\n", '68 65 6c 6c 6f 0d 0a 0d 0a "hello...."'],
  ["HTML", "<html>", '3c 68 74 6d 6c 3e "<html>"'],
  ["a uwsgi packet", "\x64\x00\x00\x01\r\n\r\n", '64 00 00 01 0d 0a 0d 0a "d......."'],
  ["bytes that cannot begin a head, at once", "\x00", '00 "."'],
  ["an empty line", "\r\n", '0d 0a ".."'],
  ["an empty line, LF", "\n\n", '0a 0a ".."'],
  ["a blank before the first header", " A: 1", '20 41 3a 20 31 " A: 1"'],
] as const) {
  test(`refused with a dump of its first bytes: ${rule}`, (t) => {
    t.deepEqual(
      faultOf(() => read(text)),
      {
        name: "ProtocolError",
        code: "UWSGI_BAD_RESPONSE_HEAD",
        offset: 0,
        message: `not a response head, it begins with ${dump}`,
      },
    );
  });
}

test("a refused head is a ProtocolError", (t) => {
  t.true(t.throws(() => read("\x00")) instanceof ProtocolError);
});

// Limits

const limited = "HTTP/1.1 200 OK\r\nA: 1\r\n\r\n";

test("a head of maxHeadBytes is allowed", (t) => {
  t.is(read(limited, limited.length)?.byteLength, limited.length);
  t.is(read(`${limited}body`, limited.length)?.byteLength, limited.length);
});

test("a head of one byte more is refused", (t) => {
  const max = limited.length - 1;
  t.deepEqual(
    faultOf(() => read(limited, max)),
    {
      name: "LimitError",
      code: "UWSGI_RESPONSE_HEAD_LIMIT",
      offset: max,
      message: `response head of more than ${max} bytes, at most ${max} are allowed`,
    },
  );
});

test("a head that is not at its end when the limit is reached is refused at once", (t) => {
  t.is(read("A".repeat(99), 100), undefined);
  t.is(faultOf(() => read("A".repeat(100), 100))?.code, "UWSGI_RESPONSE_HEAD_LIMIT");
});

test("an end behind the limit is not looked for", (t) => {
  t.is(faultOf(() => read(`A: ${"x".repeat(200)}\r\n\r\n`, 100))?.code, "UWSGI_RESPONSE_HEAD_LIMIT");
});

test("65 536 bytes are allowed by default", (t) => {
  const head = `A: ${"x".repeat(65_536 - 7)}\r\n\r\n`;
  t.is(read(head)?.byteLength, 65_536);
  t.true(t.throws(() => read(`B${head}`)) instanceof LimitError);
});

// Cuts

for (const [name, head] of [
  ["a status line and headers", "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nA:\r\n\r\n"],
  ["LF line ends", "HTTP/1.1 200 OK\nContent-Type: text/plain\nA:\n\n"],
  ["mixed line ends", "HTTP/1.0 200\nA: 1\r\n\n"],
  ["the CGI form", "Content-Type: text/plain\r\nStatus: 404 Not Found\r\n\r\n"],
  ["a status line alone", "HTTP/1.1 204 No Content\r\n\r\n"],
] as const) {
  test(`a head is undefined until its last byte is there: ${name}`, (t) => {
    const bytes = latin1(head);
    t.deepEqual(
      Array.from(bytes, (_, length) => decodeResponseHead(bytes.subarray(0, length))).filter(
        (seen) => seen !== undefined,
      ),
      [],
    );
    t.is(decodeResponseHead(bytes)?.byteLength, head.length);
  });

  test(`bytes behind a head do not change it: ${name}`, (t) => {
    for (const body of ["x", "\r", "\n", "\r\n\r\n", "\0", "HTTP/1.1 500\r\n\r\n"]) {
      t.deepEqual(decodeResponseHead(concat([latin1(head), latin1(body)])), read(head));
    }
  });
}
