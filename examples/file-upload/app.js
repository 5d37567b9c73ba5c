// Uploads, streamed to disk by busboy: whatever their size, they take little memory.
// Run it: npx uisge serve examples/file-upload/app.js --socket /tmp/app.sock
// nginx must let them pass: `client_max_body_size`, and `uwsgi_request_buffering off` so that they come as they are sent.
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import busboy from "busboy";

/** @typedef {{ name: string, bytes: number, stored: string }} Stored */

const folder = process.env.UPLOADS ?? join(tmpdir(), "uisge-uploads");
const limits = { files: 5, fileSize: 50 * 1_048_576, fields: 10, fieldSize: 1_024 };

const form = `<!doctype html><title>Upload</title>
<form method="post" enctype="multipart/form-data"><input type="file" name="file" multiple><button>Send</button></form>\n`;

await mkdir(folder, { recursive: true });

const server = createServer(async (req, res) => {
  if (req.method !== "POST") {
    res.writeHead(200, { "Content-Type": "text/html; charset=utf-8" }).end(form);
    return;
  }
  /** @type {Stored[]} */
  const files = [];
  try {
    // To its end before the answer: nginx stops sending a body when it sees the head of the answer.
    await storeAll(req, files);
    answer(res, 201, { files: files.map(({ name, bytes }) => ({ name, bytes })) });
  } catch (error) {
    await Promise.all(files.map(({ stored }) => rm(stored, { force: true })));
    if (error instanceof RefusedError) answer(res, error.status, { error: error.message });
    // A code is the system's: the disk is full, or the client has gone and hears nothing of this.
    else if (error instanceof Error && "code" in error) answer(res, 500, { error: "the files could not be stored" });
    else answer(res, 400, { error: "this is no form with files" });
  }
});

class RefusedError extends Error {
  /**
   * @param {number} status
   * @param {string} message
   */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/**
 * Stores the files of a form, and notes them in `files` before their first byte, so that they can be removed.
 * @param {import("node:http").IncomingMessage} req
 * @param {Stored[]} files
 */
async function storeAll(req, files) {
  const parser = busboy({ headers: req.headers, limits });
  /** @type {Promise<void>[]} */
  const storing = [];
  let refused = "";
  parser.on("file", (_field, content, { filename = "" }) => {
    // Under a name of our own: what a client calls a file could be a path to somewhere else.
    const file = { name: filename, bytes: 0, stored: join(folder, randomUUID()) };
    files.push(file);
    content.on("data", (/** @type {Buffer} */ chunk) => {
      file.bytes += chunk.length;
    });
    content.on("limit", () => {
      refused = `${filename} is larger than ${limits.fileSize} bytes`;
    });
    const stored = pipeline(content, createWriteStream(file.stored));
    stored.catch((/** @type {Error} */ error) => parser.destroy(error));
    storing.push(stored);
  });
  parser.on("filesLimit", () => {
    refused = `more than ${limits.files} files`;
  });
  req.on("error", (error) => parser.destroy(error));
  // Not by `pipeline`, which destroys the request, and the answer with it, when the form is faulty.
  req.pipe(parser);
  try {
    await once(parser, "close");
  } finally {
    req.unpipe(parser).resume();
    await Promise.allSettled(storing);
  }
  await Promise.all(storing);
  if (refused !== "") throw new RefusedError(413, refused);
}

/**
 * @param {import("node:http").ServerResponse} res
 * @param {number} status
 * @param {object} content
 */
function answer(res, status, content) {
  res.writeHead(status, { "Content-Type": "application/json" }).end(`${JSON.stringify(content)}\n`);
}

server.listen(process.env.PORT ?? 3000);
